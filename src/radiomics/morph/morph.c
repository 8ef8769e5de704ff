#include <math.h>
#include <stdio.h>
#include "radiomics/catalogue.h"
#include "radiomics/morph/autocorr.h"
#include "radiomics/morph/mesh.h"
#include "radiomics/morph/moments.h"
#include "radiomics/morph/solids.h"

enum { BOX = 1, ELLIPSOID = 2, PAIRS = 4 };

/* What the rows are made of. Lengths in mm. */
typedef struct shape {
    double volume, area;                 /* of the mesh */
    double voxels, box_volume, box_area; /* box along the axes of the grid */
    double hull_volume, hull_area, diameter;
    double oriented[3];  /* sides of the oriented box */
    double semi[3];      /* of the smallest ellipsoid; NaN when it was not found */
    double axis[3];      /* 4 sqrt(eigenvalue); NaN for one voxel */
    double shift, mean;  /* NaN when undefined */
    double moran, geary; /* NaN when undefined */
    const char *why_shift, *why_mean, *why_pairs;
} shape;

static const char one_voxel[] = "the axes of a region need at least two voxels";
static const char flat[] = "the region lies in one plane, its ellipsoid has no volume";
static const char no_voxel[] = "no voxel is left in the intensity mask";

#define ROW(name) static double name(const void *state, const char **why)
#define SHAPE                                                                                      \
    const shape *s = state;                                                                        \
    (void)why

static double undefined(const char **why, const char *reason)
{
    *why = reason;
    return NAN;
}

/* Area of a ball of the mesh's volume. */
static double ball(const shape *s)
{
    return cbrt(36 * acos(-1) * s->volume * s->volume);
}

static double box_sides_volume(const double side[3])
{
    return side[0] * side[1] * side[2];
}

static double box_sides_area(const double side[3])
{
    return 2 * (side[0] * side[1] + side[1] * side[2] + side[2] * side[0]);
}

static double ellipsoid_volume(const double semi[3])
{
    return 4 * acos(-1) / 3 * semi[0] * semi[1] * semi[2];
}

ROW(volume_mesh)
{
    SHAPE;
    return s->volume;
}

ROW(volume_voxel)
{
    SHAPE;
    return s->voxels;
}

ROW(area_mesh)
{
    SHAPE;
    return s->area;
}

ROW(area_to_volume)
{
    SHAPE;
    return s->area / s->volume;
}

ROW(compactness_1)
{
    SHAPE;
    return s->volume / (sqrt(acos(-1)) * s->area * sqrt(s->area));
}

ROW(compactness_2)
{
    SHAPE;
    return pow(ball(s) / s->area, 3);
}

ROW(spherical_disproportion)
{
    SHAPE;
    return s->area / ball(s);
}

ROW(sphericity)
{
    SHAPE;
    return ball(s) / s->area;
}

ROW(asphericity)
{
    SHAPE;
    return s->area / ball(s) - 1;
}

ROW(maximum_diameter)
{
    SHAPE;
    return s->diameter;
}

ROW(centre_of_mass_shift)
{
    SHAPE;
    return isnan(s->shift) ? undefined(why, s->why_shift) : s->shift;
}

static double axis(const shape *s, int i, const char **why)
{
    return isnan(s->axis[i]) ? undefined(why, one_voxel) : s->axis[i];
}

ROW(major_axis)
{
    return axis(state, 0, why);
}

ROW(minor_axis)
{
    return axis(state, 1, why);
}

ROW(least_axis)
{
    return axis(state, 2, why);
}

ROW(elongation)
{
    SHAPE;
    return axis(s, 1, why) / s->axis[0];
}

ROW(flatness)
{
    SHAPE;
    return axis(s, 2, why) / s->axis[0];
}

ROW(volume_density_box)
{
    SHAPE;
    return s->volume / s->box_volume;
}

ROW(area_density_box)
{
    SHAPE;
    return s->area / s->box_area;
}

ROW(volume_density_oriented)
{
    SHAPE;
    return s->volume / box_sides_volume(s->oriented);
}

ROW(area_density_oriented)
{
    SHAPE;
    return s->area / box_sides_area(s->oriented);
}

/* Half the axes; false when there is no ellipsoid. */
static bool half_axes(const shape *s, double semi[3], const char **why)
{
    for (int i = 0; i < 3; i++)
        semi[i] = axis(s, i, why) / 2;
    if (semi[2] > 0)
        return true;
    if (!isnan(semi[2]))
        *why = flat;
    return false;
}

ROW(volume_density_ellipsoid)
{
    SHAPE;
    double semi[3];
    return half_axes(s, semi, why) ? s->volume / ellipsoid_volume(semi) : NAN;
}

ROW(area_density_ellipsoid)
{
    SHAPE;
    double semi[3];
    return half_axes(s, semi, why) ? s->area / mi_ellipsoid_area(semi[0], semi[1], semi[2]) : NAN;
}

static const char no_ellipsoid[] =
    "rounding kept the smallest ellipsoid from being found to nine digits";

ROW(volume_density_enclosing)
{
    SHAPE;
    return isnan(s->semi[0]) ? undefined(why, no_ellipsoid) : s->volume / ellipsoid_volume(s->semi);
}

ROW(area_density_enclosing)
{
    SHAPE;
    return isnan(s->semi[0]) ? undefined(why, no_ellipsoid)
                             : s->area / mi_ellipsoid_area(s->semi[0], s->semi[1], s->semi[2]);
}

ROW(volume_density_hull)
{
    SHAPE;
    return s->volume / s->hull_volume;
}

ROW(area_density_hull)
{
    SHAPE;
    return s->area / s->hull_area;
}

ROW(integrated_intensity)
{
    SHAPE;
    return isnan(s->mean) ? undefined(why, s->why_mean) : s->mean * s->volume;
}

ROW(moran)
{
    SHAPE;
    return isnan(s->moran) ? undefined(why, s->why_pairs) : s->moran;
}

ROW(geary)
{
    SHAPE;
    return isnan(s->geary) ? undefined(why, s->why_pairs) : s->geary;
}

#define SECTION(n) "IBSI 1 reference manual, 3.1." #n

static const mi_feature rows[] = {
    { "volume_mesh", "Volume (mesh)", "RNU0", "mm3",
      "Volume inside the surface mesh of the morphological mask",
      "V = |sum over triangles of a . (b x c)| / 6, mesh by marching cubes at 0.5", SECTION(1),
      "shape_MeshVolume", volume_mesh },
    { "volume_voxel_counting", "Volume (voxel counting)", "YEKZ", "mm3",
      "Number of voxels of the morphological mask times the volume of one", "V_voxel = N V_1",
      SECTION(2), "shape_VoxelVolume", volume_voxel },
    { "surface_area_mesh", "Surface area (mesh)", "C0JK", "mm2", "Area of the surface mesh",
      "A = sum over triangles of |(b - a) x (c - a)| / 2", SECTION(3), "shape_SurfaceArea",
      area_mesh },
    { "surface_to_volume_ratio", "Surface to volume ratio", "2PR5", "mm-1",
      "Surface area of the mesh over its volume", "A / V", SECTION(4), "shape_SurfaceVolumeRatio",
      area_to_volume },
    { "compactness_1", "Compactness 1", "SKGS", "1",
      "How near the mesh comes to a ball, whose value is 1 / (6 pi)", "V / (pi^(1/2) A^(3/2))",
      SECTION(5), "shape_Compactness1", compactness_1 },
    { "compactness_2", "Compactness 2", "BQWJ", "1",
      "How near the mesh comes to a ball, whose value is 1", "36 pi V^2 / A^3", SECTION(6),
      "shape_Compactness2", compactness_2 },
    { "spherical_disproportion", "Spherical disproportion", "KRCK", "1",
      "Area of the mesh over that of a ball of equal volume", "A / (36 pi V^2)^(1/3)", SECTION(7),
      "shape_SphericalDisproportion", spherical_disproportion },
    { "sphericity", "Sphericity", "QCFX", "1",
      "Area of a ball of equal volume over that of the mesh", "(36 pi V^2)^(1/3) / A", SECTION(8),
      "shape_Sphericity", sphericity },
    { "asphericity", "Asphericity", "25C7", "1", "Spherical disproportion less 1",
      "(A^3 / (36 pi V^2))^(1/3) - 1", SECTION(9), NULL, asphericity },
    { "centre_of_mass_shift", "Centre of mass shift", "KLMA", "mm",
      "Distance from the centre of the morphological mask to the centre of mass of the "
      "intensities in the intensity mask",
      "|sum x_k / N - sum X_k x_k / sum X_k|", SECTION(10), NULL, centre_of_mass_shift },
    { "maximum_3d_diameter", "Maximum 3D diameter", "L0JK", "mm",
      "Largest distance between two vertices of the mesh", "max |x_i - x_j|", SECTION(11),
      "shape_Maximum3DDiameter", maximum_diameter },
    { "major_axis_length", "Major axis length", "TDIC", "mm",
      "Longest principal axis of the voxel centres",
      "4 sqrt(l_1), l the eigenvalues of the covariance of voxel centres, divided by N - 1",
      SECTION(12), "shape_MajorAxisLength", major_axis },
    { "minor_axis_length", "Minor axis length", "P9VJ", "mm",
      "Second principal axis of the voxel centres", "4 sqrt(l_2)", SECTION(13),
      "shape_MinorAxisLength", minor_axis },
    { "least_axis_length", "Least axis length", "7J51", "mm",
      "Shortest principal axis of the voxel centres", "4 sqrt(l_3)", SECTION(14),
      "shape_LeastAxisLength", least_axis },
    { "elongation", "Elongation", "Q3CK", "1",
      "Minor over major axis length, 1 when they are equal", "sqrt(l_2 / l_1)", SECTION(15),
      "shape_Elongation", elongation },
    { "flatness", "Flatness", "N17B", "1", "Least over major axis length, 1 when they are equal",
      "sqrt(l_3 / l_1)", SECTION(16), "shape_Flatness", flatness },
    { "volume_density_axis_aligned_bounding_box", "Volume density (axis-aligned bounding box)",
      "PBX1", "1", "Volume of the mesh over that of its bounding box along the axes of the grid",
      "V / V_aabb", SECTION(17), NULL, volume_density_box },
    { "area_density_axis_aligned_bounding_box", "Area density (axis-aligned bounding box)", "R59B",
      "1", "Area of the mesh over that of its bounding box along the axes of the grid",
      "A / A_aabb", SECTION(18), NULL, area_density_box },
    { "volume_density_oriented_minimum_bounding_box",
      "Volume density (oriented minimum bounding box)", "ZH1A", "1",
      "Volume of the mesh over that of the smallest box of any orientation around it", "V / V_ombb",
      SECTION(19), NULL, volume_density_oriented },
    { "area_density_oriented_minimum_bounding_box", "Area density (oriented minimum bounding box)",
      "IQYR", "1",
      "Area of the mesh over that of the box of least volume of any orientation around it",
      "A / A_ombb", SECTION(20), NULL, area_density_oriented },
    { "volume_density_approximate_enclosing_ellipsoid",
      "Volume density (approximate enclosing ellipsoid)", "6BDE", "1",
      "Volume of the mesh over that of the ellipsoid with the principal axes",
      "3 V / (4 pi a b c), a, b, c half the axis lengths", SECTION(21), NULL,
      volume_density_ellipsoid },
    { "area_density_approximate_enclosing_ellipsoid",
      "Area density (approximate enclosing ellipsoid)", "RDD2", "1",
      "Area of the mesh over that of the ellipsoid with the principal axes",
      "A / (4 pi a b sum_{v=0..20} (alpha beta)^v P_v((alpha^2 + beta^2) / (2 alpha beta)) / "
      "(1 - 4 v^2)), alpha^2 = 1 - b^2/a^2, beta^2 = 1 - c^2/a^2, P_v Legendre polynomials",
      SECTION(22), NULL, area_density_ellipsoid },
    { "volume_density_minimum_volume_enclosing_ellipsoid",
      "Volume density (minimum volume enclosing ellipsoid)", "SWZ1", "1",
      "Volume of the mesh over that of the smallest ellipsoid around it",
      "3 V / (4 pi a b c), a, b, c its semi-axes", SECTION(23), NULL, volume_density_enclosing },
    { "area_density_minimum_volume_enclosing_ellipsoid",
      "Area density (minimum volume enclosing ellipsoid)", "BRI8", "1",
      "Area of the mesh over that of the ellipsoid of least volume around it",
      "A / A_mvee, area of an ellipsoid as in RDD2", SECTION(24), NULL, area_density_enclosing },
    { "volume_density_convex_hull", "Volume density (convex hull)", "R3ER", "1",
      "Volume of the mesh over that of its convex hull", "V / V_convex", SECTION(25), NULL,
      volume_density_hull },
    { "area_density_convex_hull", "Area density (convex hull)", "7T7F", "1",
      "Area of the mesh over that of its convex hull", "A / A_convex", SECTION(26), NULL,
      area_density_hull },
    { "integrated_intensity", "Integrated intensity", "99N0", "intensity.mm3",
      "Mean intensity of the intensity mask times the volume of the mesh", "V sum X_k / N",
      SECTION(27), NULL, integrated_intensity },
    { "morans_i_index", "Moran's I index", "N365", "1",
      "Likeness of intensities of near voxels; all pairs of the intensity mask, "
      "weighted by 1 / distance",
      "N / sum w_ij  sum w_ij (X_i - mean)(X_j - mean) / sum (X_i - mean)^2, i != j, "
      "w_ij = 1 / |x_i - x_j|",
      SECTION(28), NULL, moran },
    { "gearys_c_measure", "Geary's C measure", "NPT7", "1",
      "Difference of intensities of near voxels; all pairs of the intensity mask, "
      "weighted by 1 / distance",
      "(N - 1) / (2 sum w_ij)  sum w_ij (X_i - X_j)^2 / sum (X_i - mean)^2, i != j, "
      "w_ij = 1 / |x_i - x_j|",
      SECTION(29), NULL, geary },
};

static int measure_mesh(const mi_region *r, mi_pool *pool, shape *s, mi_err *err)
{
    int64_t count[256];
    double side[3];
    if (mi_mesh_count(r->morph, r->n, pool, count, err) != 0)
        return -1;
    mi_mesh_measure(count, r->spacing, &s->volume, &s->area);
    s->voxels = (double)r->n_morph * r->voxel_volume;
    /* The vertices of the mesh reach half a voxel beyond the outermost centres: as far as the
       box of voxels. */
    for (int a = 0; a < 3; a++)
        side[a] = (double)r->n[a] * r->spacing[a];
    s->box_volume = box_sides_volume(side);
    s->box_area = box_sides_area(side);
    return 0;
}

static int measure_solids(const mi_region *r, int parts, shape *s, mi_err *err)
{
    mi_hull h = MI_HULL_EMPTY;
    int rc = mi_hull_of_mask(r->morph, r->n, &h, err);
    if (rc == 0) {
        mi_hull_measure(&h, r->spacing, &s->hull_volume, &s->hull_area);
        rc = mi_hull_diameter(&h, r->spacing, &s->diameter, err);
    }
    if (rc == 0 && (parts & BOX))
        rc = mi_hull_box(&h, r->spacing, s->oriented, err);
    s->semi[0] = NAN;
    if (rc == 0 && (parts & ELLIPSOID))
        rc = mi_hull_ellipsoid(&h, r->spacing, s->semi, err) < 0 ? -1 : 0;
    mi_hull_free(&h);
    return rc;
}

static int measure_moments(const mi_region *r, mi_pool *pool, shape *s, mi_err *err)
{
    mi_moments m;
    mi_weighted w;
    double centre[3], lambda[3] = { NAN, NAN, NAN };
    if (mi_moments_of(r->morph, r->n, pool, &m, err) != 0 || mi_weighted_of(r, pool, &w, err) != 0)
        return -1;
    mi_moments_centre(&m, r->spacing, centre);
    if (m.n > 1)
        mi_moments_principal(&m, r->spacing, lambda);
    for (int i = 0; i < 3; i++)
        s->axis[i] = 4 * sqrt(lambda[i]);
    s->shift = s->mean = NAN;
    s->why_mean = no_voxel;
    s->why_shift =
        r->n_inten > 0 ? "the intensities add up to 0, they have no centre of mass" : no_voxel;
    if (r->n_inten == 0)
        return 0;
    s->mean = w.sum / (double)r->n_inten;
    if (w.sum != 0) {
        double d2 = 0;
        for (int a = 0; a < 3; a++) {
            double d = w.first[a] / w.sum * r->spacing[a] - centre[a];
            d2 += d * d;
        }
        s->shift = sqrt(d2);
    }
    return 0;
}

/* Moran's I and Geary's C. */
static int measure_pairs(const mi_region *r, mi_pool *pool, shape *s, mi_err *err)
{
    mi_field f = MI_FIELD_EMPTY;
    mi_pairs p;
    int rc = mi_field_of(r, &f, err);
    s->moran = s->geary = NAN;
    s->why_pairs = f.count == 0   ? no_voxel
                   : f.count == 1 ? "one voxel has no pair"
                                  : "all intensities are equal";
    if (rc == 0 && f.count > 1 && f.sum_x2 > 0) {
        rc = mi_pairs_of(&f, pool, &p, err);
        s->moran = (double)f.count / p.w * (p.product / f.sum_x2);
        s->geary = (double)(f.count - 1) / (2 * p.w) * (p.square / f.sum_x2);
    }
    mi_field_free(&f);
    return rc;
}

/* What a row needs of the parts that cost most. */
static int part_of(const mi_feature *f)
{
    if (f->value == volume_density_oriented || f->value == area_density_oriented)
        return BOX;
    if (f->value == volume_density_enclosing || f->value == area_density_enclosing)
        return ELLIPSOID;
    return f->value == moran || f->value == geary ? PAIRS : 0;
}

static int parts_wanted(const mi_settings *s)
{
    int parts = 0;
    for (int i = 0; i < MI_COUNT(rows); i++) {
        mi_key k = { .family = &mi_family_morph, .row = i };
        snprintf(k.text, sizeof k.text, "%s.%s", mi_family_morph.id, rows[i].id);
        if (mi_key_wanted(&k, &s->features, &s->aggregations))
            parts |= part_of(&rows[i]);
    }
    return parts;
}

static int measure(const mi_region *r, const mi_settings *settings, const bool *want, mi_pool *pool,
                   mi_measured *out, mi_err *err)
{
    shape s = { .volume = 0 };
    if (!want[0])
        return 0;
    int parts = parts_wanted(settings);
    if (measure_mesh(r, pool, &s, err) != 0 || measure_solids(r, parts, &s, err) != 0 ||
        measure_moments(r, pool, &s, err) != 0 ||
        ((parts & PAIRS) && measure_pairs(r, pool, &s, err) != 0))
        return -1;
    for (int i = 0; i < MI_COUNT(rows); i++) {
        int part = part_of(&rows[i]);
        out->why[i] = NULL;
        if (part & ~parts)
            out->value[i] = undefined(&out->why[i], "not asked for");
        else
            out->value[i] = rows[i].value(&s, &out->why[i]);
    }
    return 0;
}

const mi_family mi_family_morph = {
    .id = "morph",
    .name = "morphology",
    .title = "shape and size of the region",
    .aggregations = mi_agg_none,
    .n_aggregations = 1,
    .rows = rows,
    .n_rows = MI_COUNT(rows),
    .measure = measure,
    .symbols =
        "V and A volume and area of the mesh; N voxels of volume V_1 with centres x and "
        "intensities X; aabb, ombb, mvee, convex: of the solid around the region",
};
