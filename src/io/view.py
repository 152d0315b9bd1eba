"""Copper and lithium of this run at its last snapshot, in ParaView 5.12 or newer.

    paraview --state=view.py                                        to look at, with all snapshots to play
    pvpython view.py                                                the same in a bare window
    pvpython --force-offscreen-rendering view.py picture.png        a picture, where there is no screen

Reads fields.vtkhdf beside this file, wherever the folder is. Lengths on the axes are in micrometres.
"""

import os
import sys

from paraview.simple import *

FIELDS = "fields.vtkhdf"
PAPER, INK = (1.0, 1.0, 1.0), (0.25, 0.25, 0.28)
# colour of a body's surface, and where the box cuts it
LITHIUM, LITHIUM_CUT = (0.78, 0.80, 0.84), (0.60, 0.62, 0.67)
COPPER, COPPER_CUT = (0.83, 0.50, 0.31), (0.66, 0.41, 0.27)
ISOLATED = (0.84, 0.37, 0.0)
MICROMETRES = [1e6, 1e6, 1e6]


def folder():
    """Where this file lies; ParaView tells it to a script but for a few ways to start one."""
    return os.path.dirname(os.path.abspath(__file__)) if "__file__" in globals() else os.getcwd()


def show(source, view, colour):
    """Shows a source in one colour, in micrometres."""
    display = Show(source, view)
    ColorBy(display, ("POINTS", None))
    display.AmbientColor = display.DiffuseColor = colour
    display.Ambient = 0.3
    display.Diffuse = 0.8
    display.Specular = 0.2
    display.Scale = MICROMETRES
    return display


def body(name, points, box, view, array, level, upwards, colours):
    """The closed shell of a body: the surface on which `array` is `level`, and the sides of the box where it is cut.

    `upwards`: the body is where `array` is larger. The cut reaches to one half whatever the level is."""
    surface = Contour(registrationName=name, Input=points)
    surface.ContourBy = ["POINTS", array]
    surface.Isosurfaces = [level]
    surface.ComputeNormals = 1
    sides = Clip(registrationName=name + " at the sides", Input=box)
    sides.ClipType = "Scalar"
    sides.Scalars = ["POINTS", array]
    sides.Value = 0.5
    sides.Invert = 0 if upwards else 1
    return [show(part, view, colour) for part, colour in zip((surface, sides), colours)]


def tell(view, text):
    """A sentence instead of a picture."""
    sentence = Text(registrationName="note")
    sentence.Text = text
    display = Show(sentence, view)
    display.Color = INK
    display.FontSize = 10
    display.WindowLocation = "Lower Center"


def paint_isolated(displays):
    """Lithium that has lost the copper in a colour of its own; on the surface its share is one half, or none."""
    table = GetColorTransferFunction("isolated")
    table.RescaleOnVisibilityChange = 0
    table.AutomaticRescaleRangeMode = "Never"
    table.ColorSpace = "RGB"
    table.RGBPoints = [0.0, *LITHIUM, 0.2, *LITHIUM, 0.3, *ISOLATED, 1.0, *ISOLATED]
    for display in displays:
        ColorBy(display, ("POINTS", "isolated"))
        display.LookupTable = table
        display.SetScalarBarVisibility(GetActiveView(), False)


def main():
    """Builds the pipeline; returns the view."""
    path = os.path.join(folder(), FIELDS)
    if not os.path.isfile(path):
        raise SystemExit(f"view.py: there is no {path}; it reads the fields that lie beside it")
    run = OpenDataFile(path)
    RenameSource(FIELDS, run)
    run.UpdatePipeline()
    stored = set(run.CellData.keys())

    view = GetActiveViewOrCreate("RenderView")
    view.UseColorPaletteForBackground = 0
    view.BackgroundColorMode = "Single Color"
    view.Background = PAPER
    view.OrientationAxesLabelColor = INK

    cells = run
    if "lithium" not in stored and "xi" in stored:
        cells = Calculator(registrationName="share of lithium", Input=run)
        cells.AttributeType = "Cell Data"
        cells.ResultArrayName = "lithium"
        cells.Function = "xi*accessible" if "accessible" in stored else "xi"
        stored.add("lithium")
    # surfaces need values at points
    wanted = [name for name in ("lithium", "accessible", "isolated") if name in stored]
    points = CellDatatoPointData(registrationName="at points", Input=cells)
    points.ProcessAllArrays = 0
    points.CellDataArraytoprocess = wanted
    box = ExtractSurface(registrationName="sides of the box", Input=points)

    if "accessible" in stored:
        # a little deeper than one half: where lithium lies on the copper their surfaces would coincide and speckle
        body("copper", points, box, view, "accessible", 0.4, False, (COPPER, COPPER_CUT))
    if "lithium" in stored:
        shells = body("lithium", points, box, view, "lithium", 0.5, True, (LITHIUM, LITHIUM_CUT))
        if "isolated" in stored:
            paint_isolated(shells)
    else:
        tell(view, f"{FIELDS} holds no field lithium or xi: add one to output.fields")

    outline = show(run, view, INK)
    outline.SetRepresentationType("Outline")
    axes = view.AxesGrid
    axes.Visibility = 1
    for axis in "XYZ":
        setattr(axes, f"{axis}Title", f"{axis.lower()} [µm]")
        for part in ("Title", "Label"):
            setattr(axes, f"{axis}{part}Color", INK)
            setattr(axes, f"{axis}{part}FontSize", 14)
    axes.GridColor = INK

    scene = GetAnimationScene()
    scene.UpdateAnimationUsingDataTimeSteps()
    scene.PlayMode = "Snap To TimeSteps"
    scene.GoToLast()
    clock = AnnotateTime(registrationName="time")
    clock.Format = "t = {time:.6g} s"
    label = Show(clock, view)
    label.Color = INK
    label.FontSize = 14
    SetActiveSource(run)

    view.CameraViewUp = [0, 0, 1]
    view.CameraFocalPoint = [0, 0, 0]
    view.CameraPosition = [0.75, -1.0, 0.62]
    ResetCamera(view)
    GetActiveCamera().Zoom(0.85)
    Render(view)
    return view


view = main()
# pvpython and pvbatch come with a list of arguments; ParaView itself shows the view by itself
if os.path.basename(sys.argv[0] if sys.argv else "") == "view.py":
    if len(sys.argv) > 1:
        SaveScreenshot(sys.argv[1], view, ImageResolution=[1400, 1000])
    else:
        Interact(view)
