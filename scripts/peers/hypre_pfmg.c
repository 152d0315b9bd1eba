/* Solves A u = rhs with hypre's PFMG-preconditioned CG, one slab of z on every rank.
 *
 *     mpirun -n RANKS hypre_pfmg NX NY NZ SIGMA DIAGONAL RHS SOLUTION TOLERANCE RAP RELAX SKIP REPEATS
 *
 * (A u)_i = sum over faces of (sigma_i + sigma_nb)/2 (u_i - u_nb), and diagonal_i u_i; x and y are periodic, nothing
 * flows through the bottom and the top. The files are raw f64, x fastest. Prints a line for every repeat: seconds of
 * the set-up, seconds of the solve, iterations. Without arguments it prints the version of hypre.
 */
#include <HYPRE_struct_ls.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

enum { CENTRE, EAST, NORTH, ABOVE, ENTRIES };

static void fail(const char *what, const char *which) {
    fprintf(stderr, "hypre_pfmg: %s %s\n", what, which);
    MPI_Abort(MPI_COMM_WORLD, 1);
}

static double *allocate(size_t count) {
    double *values = malloc(count * sizeof *values);
    if (!values) fail("there is no memory for", "the fields");
    return values;
}

static double *read_field(const char *path, size_t first, size_t count) {
    double *values = allocate(count);
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, (long)(first * sizeof *values), SEEK_SET) ||
        fread(values, sizeof *values, count, file) != count)
        fail("cannot read", path);
    fclose(file);
    return values;
}

static void write_field(const char *path, size_t first, size_t count, const double *values) {
    MPI_File file;
    if (MPI_File_open(MPI_COMM_WORLD, path, MPI_MODE_CREATE | MPI_MODE_WRONLY, MPI_INFO_NULL, &file) ||
        MPI_File_write_at_all(file, (MPI_Offset)(first * sizeof *values), values, (int)count, MPI_DOUBLE,
                              MPI_STATUS_IGNORE))
        fail("cannot write", path);
    MPI_File_close(&file);
}

int main(int argc, char **argv) {
    if (argc == 1) {
        puts(HYPRE_RELEASE_VERSION);
        return 0;
    }
    MPI_Init(&argc, &argv);
    if (argc != 13) fail("needs", "12 arguments");
    int rank, ranks;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    HYPRE_Init();

    int nx = atoi(argv[1]), ny = atoi(argv[2]), nz = atoi(argv[3]);
    double tolerance = atof(argv[8]);
    int rap = atoi(argv[9]), relax = atoi(argv[10]), skip = atoi(argv[11]), repeats = atoi(argv[12]);
    int bottom = (int)((long)nz * rank / ranks), top = (int)((long)nz * (rank + 1) / ranks);
    size_t layer = (size_t)nx * ny, cells = layer * (top - bottom);
    int low = bottom > 0 ? bottom - 1 : 0, high = top < nz ? top + 1 : nz;
    double *sigma = read_field(argv[4], layer * low, layer * (high - low));
    double *diagonal = read_field(argv[5], layer * bottom, cells);
    double *rhs = read_field(argv[6], layer * bottom, cells);

    double *values = allocate(ENTRIES * cells);
    for (int z = bottom; z < top; z++)
        for (int y = 0; y < ny; y++)
            for (int x = 0; x < nx; x++) {
#define SIGMA(x, y, z) sigma[((size_t)((z) - low) * ny + ((y) + ny) % ny) * nx + ((x) + nx) % nx]
#define FACE(dx, dy, dz) (0.5 * (SIGMA(x, y, z) + SIGMA(x + (dx), y + (dy), z + (dz))))
                size_t here = ((size_t)(z - bottom) * ny + y) * nx + x;
                double below = z > 0 ? FACE(0, 0, -1) : 0.0, above = z + 1 < nz ? FACE(0, 0, 1) : 0.0;
                double *entry = values + ENTRIES * here;
                entry[EAST] = -FACE(1, 0, 0);
                entry[NORTH] = -FACE(0, 1, 0);
                entry[ABOVE] = -above;
                entry[CENTRE] =
                    diagonal[here] + FACE(-1, 0, 0) + FACE(0, -1, 0) + below + above - entry[EAST] - entry[NORTH];
            }

    HYPRE_Int first[] = {0, 0, bottom}, last[] = {nx - 1, ny - 1, top - 1}, period[] = {nx, ny, 0};
    HYPRE_StructGrid grid;
    HYPRE_StructGridCreate(MPI_COMM_WORLD, 3, &grid);
    HYPRE_StructGridSetExtents(grid, first, last);
    HYPRE_StructGridSetPeriodic(grid, period);
    HYPRE_StructGridAssemble(grid);

    HYPRE_Int offsets[ENTRIES][3] = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    HYPRE_Int entries[ENTRIES] = {CENTRE, EAST, NORTH, ABOVE};
    HYPRE_StructStencil stencil;
    HYPRE_StructStencilCreate(3, ENTRIES, &stencil);
    for (int entry = 0; entry < ENTRIES; entry++) HYPRE_StructStencilSetElement(stencil, entry, offsets[entry]);

    HYPRE_StructMatrix matrix;
    HYPRE_StructMatrixCreate(MPI_COMM_WORLD, grid, stencil, &matrix);
    HYPRE_StructMatrixSetSymmetric(matrix, 1);
    HYPRE_StructMatrixInitialize(matrix);
    HYPRE_StructMatrixSetBoxValues(matrix, first, last, ENTRIES, entries, values);
    HYPRE_StructMatrixAssemble(matrix);
    free(values);

    HYPRE_StructVector b, u;
    HYPRE_StructVectorCreate(MPI_COMM_WORLD, grid, &b);
    HYPRE_StructVectorCreate(MPI_COMM_WORLD, grid, &u);
    HYPRE_StructVectorInitialize(b);
    HYPRE_StructVectorInitialize(u);
    HYPRE_StructVectorSetBoxValues(b, first, last, rhs);
    HYPRE_StructVectorAssemble(b);
    HYPRE_StructVectorAssemble(u);

    for (int repeat = 0; repeat < repeats; repeat++) {
        HYPRE_StructVectorSetConstantValues(u, 0.0);
        MPI_Barrier(MPI_COMM_WORLD);
        double start = MPI_Wtime();
        HYPRE_StructSolver cg, pfmg;
        HYPRE_StructPFMGCreate(MPI_COMM_WORLD, &pfmg);
        HYPRE_StructPFMGSetMaxIter(pfmg, 1);
        HYPRE_StructPFMGSetTol(pfmg, 0.0);
        HYPRE_StructPFMGSetZeroGuess(pfmg);
        HYPRE_StructPFMGSetRAPType(pfmg, rap);
        HYPRE_StructPFMGSetRelaxType(pfmg, relax);
        HYPRE_StructPFMGSetSkipRelax(pfmg, skip);
        HYPRE_StructPCGCreate(MPI_COMM_WORLD, &cg);
        HYPRE_StructPCGSetMaxIter(cg, 500);
        HYPRE_StructPCGSetTol(cg, tolerance);
        HYPRE_StructPCGSetTwoNorm(cg, 1);
        HYPRE_StructPCGSetPrecond(cg, HYPRE_StructPFMGSolve, HYPRE_StructPFMGSetup, pfmg);
        HYPRE_StructPCGSetup(cg, matrix, b, u);
        MPI_Barrier(MPI_COMM_WORLD);
        double ready = MPI_Wtime();
        HYPRE_StructPCGSolve(cg, matrix, b, u);
        MPI_Barrier(MPI_COMM_WORLD);
        double end = MPI_Wtime();
        HYPRE_Int iterations;
        HYPRE_StructPCGGetNumIterations(cg, &iterations);
        if (rank == 0) printf("%.9g %.9g %d\n", ready - start, end - ready, (int)iterations);
        HYPRE_StructPCGDestroy(cg);
        HYPRE_StructPFMGDestroy(pfmg);
    }

    HYPRE_StructVectorGetBoxValues(u, first, last, rhs);
    write_field(argv[7], layer * bottom, cells, rhs);
    HYPRE_Finalize();
    MPI_Finalize();
    return 0;
}
