# dist_man_MANS += man/mi.7
