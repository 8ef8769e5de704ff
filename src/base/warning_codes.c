#include <stddef.h>
#include "base/warnings.h"

/* Images and label maps; DICOM; PET; regions. A code that is not here is not used
   (tests/cli/warnings.sh looks). */
const mi_warning_row mi_warning_rows[] = {
    { "no_orientation", "the header tells no orientation: sides are not known" },
    { "qform_sform", "qform and sform place the image differently by more than 0.001 mm" },
    { "qform", "the qform is not finite and is not used" },
    { "sform", "the sform is singular or not finite and is not used" },
    { "pixdim", "a voxel size in the header is negative: its absolute value is used" },
    { "spacing", "the header and its sform tell different voxel sizes" },
    { "sheared", "the axes are not at right angles, or not of the length of the voxel size" },
    { "bitpix", "the header's bits per voxel do not fit its type" },
    { "extension", "a header extension is damaged or of an unknown schema, and left out" },
    { "trailing_bytes", "bytes behind the last voxel are no image" },
    { "grid", "an item of a stream lies on another grid than its image" },

    { "damaged_files", "files of a DICOM folder cannot be read" },
    { "images_left_out", "images of another size, spacing or orientation are in the series" },
    { "duplicate_slice", "a slice is there twice" },
    { "acquisitions_interleaved", "slices of several acquisitions take turns" },
    { "uneven_spacing", "the distance between slices varies" },
    { "no_thickness", "slice thickness is not told" },
    { "no_spacing", "pixel spacing is not told" },
    { "no_position", "position and orientation are not told" },
    { "gantry_tilt", "the gantry was tilted, the grid is sheared" },
    { "padding", "voxels hold the padding value of the image" },
    { "high_bit", "High Bit is not Bits Stored - 1" },
    { "lossy", "the image was compressed with loss" },
    { "monochrome1", "low values are shown bright" },
    { "contours_between_slices", "contours lie between slices" },
    { "contours_share_slice", "contours of several planes fall on one slice" },
    { "frame_of_reference", "a mask belongs to another frame of reference than its image" },
    { "contours_outside", "contours lie outside the image" },
    { "region_number", "a region's number can be no label, so it has another" },
    { "contours_open", "contours are points or open lines" },
    { "segments_outside", "voxels of a segmentation lie outside the image" },
    { "fractional", "a fractional segmentation is cut at its threshold" },

    { "half_life", "the half-life in the header is not that of the nuclide" },
    { "dates_shifted", "injection and scan lie days apart by date" },
    { "philips_factors", "two private SUV factors disagree" },
    { "pet_header", "a PET header's dose, height or list of tracers looks wrong" },

    { "small_region", "fewer than 64 voxels" },
    { "touches_border", "the region touches the border of the image" },
    { "non_finite", "voxels of the region are NaN or infinite" },
    { "padding_in_region", "voxels of the region hold the padding value" },
    { "fill_values", "voxels of the region hold fill values such as -2000 or -3024" },
    { "signed_overflow",
      "values fill the signed 16-bit range: large ones may have become negative" },
    { "empty_intensity_mask", "no voxel is left in the intensity mask: all are out of range, outliers or not finite" },
    { "one_level", "one grey level" },
    { "few_levels", "fewer than 8 grey levels" },
    { "many_levels", "more than 512 grey levels" },
    { "ivh_unit_steps", "the intensity-volume histogram runs in steps of 1 over fractions" },
    { NULL, NULL }
};
