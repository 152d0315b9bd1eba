#!/usr/bin/env python3
"""Draw the lithium on the copper of a run, without a display.

    render.py RUN_DIR -o picture.png                the last stored frame
    render.py RUN_DIR -o picture.png --time 3600    the stored frame nearest to 3600 s
    render.py RUN_DIR -o strip.png --frames         four moments side by side

Reads RUN_DIR/fields.vtkhdf, which may still be growing. Needs `pip install vtk h5py numpy`; without a display VTK 9.4
or newer, which then draws through EGL: a graphics card, or Mesa in software (apt install libegl1 libgl1-mesa-dri).
"""

import argparse
import ctypes
import os
import pathlib
import sys

import h5py
import numpy as np

try:
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy
except ImportError as error:
    sys.exit(f"render.py needs VTK (pip install vtk): {error}")

LITHIUM = (0.80, 0.82, 0.85)
COPPER = (0.83, 0.46, 0.28)
PAPER = (1.0, 1.0, 1.0)
INK = (0.15, 0.15, 0.18)


class Frames:
    """The stored frames of a run."""

    def __init__(self, run):
        path = run / "fields.vtkhdf"
        if not path.is_file():
            raise SystemExit(f"there is no {path}")
        self.table = charges(run / "metrics.csv")
        self.root = h5py.File(path, "r", locking=False)["VTKHDF"]
        self.steps = self.root["Steps"]
        self.times = self.steps["Values"][: int(self.steps.attrs["NSteps"])]
        self.dx = float(self.root.attrs["Spacing"][0])
        if len(self.times) == 0:
            raise SystemExit(f"{path} has no frames yet")
        if "xi" not in self.root["CellData"]:
            raise SystemExit(f"{path} has no field xi to draw; add it to the fields of the output")

    def field(self, name, frame):
        """Field `name` at a frame, shape (nz, ny, nx)."""
        offset = int(self.steps["CellDataOffsets"][name][frame])
        return self.root["CellData"][name][offset].astype(np.float64)

    def distance(self, name, frame):
        """Distance from the surface on which a fraction is 1/2, in interface lengths, at most 8 either way."""
        fraction = np.clip(self.field(name, frame), 3.4e-4, 1 - 3.4e-4)
        return np.log(fraction / (1 - fraction))

    def parts(self, frame):
        """Distances into the lithium and into the copper."""
        lithium = self.distance("xi", frame)
        if "accessible" not in self.root["CellData"]:
            return [lithium, np.full_like(lithium, -8.0)]
        accessible = self.distance("accessible", frame)
        # the lithium reaches a little into the copper, so that no gap shows between them
        return [np.minimum(lithium, accessible + 0.3), -accessible]

    def caption(self, frame):
        """Time, and the charge if the run has a table of metrics."""
        text = clock(self.times[frame])
        if self.table is not None:
            charge = np.interp(self.times[frame], self.table[:, 0], self.table[:, 1], left=0.0)
            text += f"    {charge:.3g} mAh/cm²"
        return text


def charges(path):
    """Columns time [s] and charge [mAh/cm2] of metrics.csv, or None if there are none."""
    if not path.is_file():
        return None
    lines = [line.strip().split(",") for line in path.read_text().splitlines() if not line.startswith("#")]
    if len(lines) < 2 or not {"time [s]", "charge [mAh/cm2]"} <= set(lines[0]):
        return None
    # a run that is going on may have half a last line
    columns = [lines[0].index("time [s]"), lines[0].index("charge [mAh/cm2]")]
    return np.array([[float(line[c]) for c in columns] for line in lines[1:] if len(line) == len(lines[0])])


def clock(seconds):
    """A time for people."""
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.3g} s"


def surface(distance, dx):
    """Triangles of the surface where `distance` is 0, closed at the sides of the box, in micrometres."""
    # a run that is one cell deep is drawn as a slab
    for axis in (1, 2):
        if distance.shape[axis] == 1:
            distance = np.repeat(distance, max(1, max(distance.shape) // 6), axis=axis)
    inside = np.pad(distance, 1, mode="edge")
    for axis in range(3):
        for side in (0, -1):
            border = [slice(None)] * 3
            border[axis] = side
            # a mirrored value puts the surface exactly on the side of the box
            inside[tuple(border)] = -np.abs(inside[tuple(border)])
    nz, ny, nx = inside.shape
    image = vtk.vtkImageData()
    image.SetDimensions(nx, ny, nz)
    image.SetSpacing(dx * 1e6, dx * 1e6, dx * 1e6)
    image.SetOrigin(-0.5e6 * dx, -0.5e6 * dx, -0.5e6 * dx)
    image.GetPointData().SetScalars(numpy_to_vtk(inside.astype(np.float32).ravel(), deep=True))
    contour = vtk.vtkFlyingEdges3D()
    contour.SetInputData(image)
    contour.SetValue(0, 0.0)
    contour.ComputeNormalsOff()
    contour.ComputeScalarsOff()
    # takes the facets of the grid away and leaves the shape
    smooth = vtk.vtkWindowedSincPolyDataFilter()
    smooth.SetInputConnection(contour.GetOutputPort())
    smooth.SetNumberOfIterations(12)
    smooth.SetPassBand(0.15)
    smooth.SetFeatureEdgeSmoothing(False)
    smooth.SetNonManifoldSmoothing(True)
    smooth.NormalizeCoordinatesOn()
    normals = vtk.vtkPolyDataNormals()
    normals.SetInputConnection(smooth.GetOutputPort())
    normals.SetFeatureAngle(50.0)
    normals.Update()
    return normals.GetOutput()


def sky():
    """A studio: a bright ceiling, a grey horizon, a dark floor and two soft lamps for the metal to mirror."""
    height, width = 128, 256
    up = np.linspace(-1, 1, height)[:, None]
    round_ = np.linspace(0, 2 * np.pi, width, endpoint=False)[None, :]
    light = 0.30 + 0.36 * np.clip(up, 0, 1) ** 0.8 - 0.18 * np.clip(-up, 0, 1)
    light = np.broadcast_to(light, (height, width)).copy()
    for direction, elevation, strength, size in ((1.0, 0.55, 3.0, 0.35), (4.2, 0.35, 1.2, 0.5)):
        turn = np.angle(np.exp(1j * (round_ - direction)))
        light += strength * np.exp(-((turn / size) ** 2 + ((up - elevation) / (0.6 * size)) ** 2))
    pixels = np.repeat(light[..., None], 3, axis=2).astype(np.float32)
    pixels[..., 2] *= 1.04
    image = vtk.vtkImageData()
    image.SetDimensions(width, height, 1)
    image.GetPointData().SetScalars(numpy_to_vtk(pixels.reshape(-1, 3), deep=True))
    texture = vtk.vtkTexture()
    texture.SetInputData(image)
    texture.SetColorModeToDirectScalars()
    texture.MipmapOn()
    texture.InterpolateOn()
    return texture


def actor(data, colour, roughness):
    mapper = vtk.vtkPolyDataMapper()
    mapper.SetInputData(data)
    mapper.ScalarVisibilityOff()
    made = vtk.vtkActor()
    made.SetMapper(mapper)
    look = made.GetProperty()
    look.SetInterpolationToPBR()
    look.SetColor(colour)
    look.SetMetallic(0.75)
    look.SetRoughness(roughness)
    return made


def fill(camera, view, aspect):
    """Aims and zooms so that the box fills 92 % of the picture."""
    matrix = camera.GetCompositeProjectionTransformMatrix(aspect, -1, 1)
    corners = [(x, y, z, 1) for x in (0, view[0]) for y in (0, view[1]) for z in (0, view[2])]
    seen = np.array([matrix.MultiplyPoint(corner) for corner in corners])
    seen = seen[:, :2] / seen[:, 3:]
    low, high = seen.min(axis=0), seen.max(axis=0)
    zoom = 0.92 / (0.5 * (high - low).max())
    camera.SetViewAngle(2 * np.degrees(np.arctan(np.tan(np.radians(camera.GetViewAngle() / 2)) / zoom)))
    camera.SetWindowCenter(*(0.5 * zoom * (low + high)))


def scene(parts, dx, view, caption, size, texture):
    """A render window with one moment in it."""
    renderer = vtk.vtkRenderer()
    renderer.SetBackground(PAPER)
    renderer.UseImageBasedLightingOn()
    renderer.SetEnvironmentUp(0, 0, 1)
    renderer.SetEnvironmentRight(1, 0, 0)
    renderer.SetEnvironmentTexture(texture)
    renderer.UseSphericalHarmonicsOn()
    for distance, colour, roughness in zip(parts, (LITHIUM, COPPER), (0.42, 0.42)):
        if (distance > 0).any():
            renderer.AddActor(actor(surface(distance, dx), colour, roughness))
    key = vtk.vtkLight()
    key.SetLightTypeToSceneLight()
    key.SetPosition(view[0] - view[1], -2 * view[1], 3 * view[1])
    key.SetFocalPoint(view[0], view[1], 0)
    key.SetIntensity(0.6)
    renderer.AddLight(key)

    width, depth, height = view
    camera = renderer.GetActiveCamera()
    camera.SetViewUp(0, 0, 1)
    camera.SetFocalPoint(width / 2, depth / 2, height / 2)
    camera.SetPosition(width / 2 + 0.8, depth / 2 - 2.0, height / 2 + 1.3)
    camera.SetViewAngle(24)
    renderer.ResetCamera(0, width, 0, depth, 0, height)
    fill(camera, view, size[0] / size[1])
    renderer.ResetCameraClippingRange()

    # shade in the gaps between grains
    occlusion = vtk.vtkSSAOPass()
    occlusion.SetRadius(0.12 * max(view))
    occlusion.SetBias(0.002 * max(view))
    occlusion.SetKernelSize(96)
    occlusion.BlurOn()
    steps = vtk.vtkRenderStepsPass()
    occlusion.SetDelegatePass(steps)
    smooth = vtk.vtkOpenGLFXAAPass()
    smooth.SetDelegatePass(occlusion)
    renderer.SetPass(smooth)

    text = vtk.vtkTextActor()
    text.SetInput(caption)
    style = text.GetTextProperty()
    style.SetFontSize(max(12, size[1] // 32))
    style.SetColor(INK)
    text.SetPosition(size[0] // 30, size[1] // 30)
    renderer.AddViewProp(text)

    window = vtk.vtkRenderWindow()
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(0)
    window.SetSize(*size)
    window.AddRenderer(renderer)
    return window


def picture(window):
    """The window's pixels, shape (height, width, 3), lowest row first."""
    window.Render()
    grab = vtk.vtkWindowToImageFilter()
    grab.SetInput(window)
    grab.ReadFrontBufferOff()
    grab.Update()
    image = grab.GetOutput()
    width, height, _ = image.GetDimensions()
    return vtk_to_numpy(image.GetPointData().GetScalars()).reshape(height, width, -1)[..., :3].copy()


def save(pixels, path):
    height, width, _ = pixels.shape
    image = vtk.vtkImageData()
    image.SetDimensions(width, height, 1)
    image.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(pixels).reshape(-1, 3), deep=True))
    writer = vtk.vtkPNGWriter()
    writer.SetFileName(str(path))
    writer.SetInputData(image)
    writer.Write()
    if not pathlib.Path(path).is_file():
        raise SystemExit(f"could not write {path}")


def chosen(arguments, times):
    """Frames to draw."""
    if arguments.frames:
        return sorted({int(round(i)) for i in np.linspace(0, len(times) - 1, arguments.frames)})
    if arguments.time is not None:
        return [int(np.argmin(np.abs(times - arguments.time)))]
    if arguments.frame is not None:
        if not -len(times) <= arguments.frame < len(times):
            raise SystemExit(f"there is no frame {arguments.frame}: the run has {len(times)}")
        return [arguments.frame % len(times)]
    return [len(times) - 1]


def view_box(parts, dx):
    """Width, depth and height that the camera takes in, in micrometres."""
    nz, ny, nx = parts[0].shape
    slab = max(1, max(nx, ny, nz) // 6)
    solid = np.flatnonzero((np.maximum(*parts) > 0).any(axis=(1, 2)))
    height = solid[-1] + 1 if len(solid) else nz
    return [cells * dx * 1e6 for cells in (slab if nx == 1 else nx, slab if ny == 1 else ny, height)]


def find_renderer():
    """Stops with a reason where VTK would abort."""
    # that there is no display is expected, and not worth a warning
    vtk.vtkLogger.SetStderrVerbosity(vtk.vtkLogger.VERBOSITY_ERROR)
    if not sys.platform.startswith("linux") or os.environ.get("DISPLAY"):
        return
    version = vtk.vtkVersion()
    if (version.GetVTKMajorVersion(), version.GetVTKMinorVersion()) < (9, 4):
        raise SystemExit(f"VTK {version.GetVTKVersion()} needs a display; 9.4 and newer do not (pip install -U vtk)")
    if not any(present(library) for library in ("libEGL.so.1", "libOSMesa.so.8", "libOSMesa.so.6")):
        raise SystemExit("VTK finds no library to draw with; on Debian: apt install libegl1 libgl1-mesa-dri")


def present(library):
    """Whether a shared library can be loaded."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def main():
    parser = argparse.ArgumentParser(
        description="Draw the lithium (silver) on the copper of a run, without a display.",
        epilog="Without --time, --frame or --frames the last stored frame is drawn.",
    )
    parser.add_argument("run", metavar="RUN_DIR", type=pathlib.Path, help="directory of the run")
    parser.add_argument("-o", "--output", default="picture.png", help="PNG to write (default: %(default)s)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--time", type=float, help="time in seconds; the nearest stored frame is drawn")
    which.add_argument("--frame", type=int, help="number of the stored frame, from 0; negative ones count from the end")
    which.add_argument(
        "--frames", type=int, nargs="?", const=4, metavar="N", help="N moments side by side (4 if no number is given)"
    )
    parser.add_argument(
        "--size",
        type=int,
        nargs=2,
        default=(1200, 900),
        metavar=("WIDTH", "HEIGHT"),
        help="pixels of one moment (default: 1200 900)",
    )
    arguments = parser.parse_args()

    find_renderer()
    frames = Frames(arguments.run)
    drawn = chosen(arguments, frames.times)
    view = view_box(frames.parts(drawn[-1]), frames.dx)
    texture = sky()
    moments = [
        picture(scene(frames.parts(k), frames.dx, view, frames.caption(k), arguments.size, texture)) for k in drawn
    ]
    save(np.concatenate(moments, axis=1), arguments.output)


if __name__ == "__main__":
    main()
