//! A small rasteriser: triangles seen in perspective, with a depth buffer, shaded, smoothed, as a transparent picture.

use super::palette::Colour;

type Vector = [f32; 3];

/// Pixels of the buffers along a side of one of the picture.
const FINE: usize = 2;
/// Reach of the shading of hollows \[pixel of the buffers\].
const REACH: f32 = 22.0;

/// Scalar product.
pub fn dot(a: Vector, b: Vector) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Vector product.
pub fn cross(a: Vector, b: Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// a + s b.
pub fn plus(a: Vector, b: Vector, s: f32) -> Vector {
    std::array::from_fn(|i| a[i] + s * b[i])
}

/// The vector of length 1, or up if it has no length.
pub fn unit(a: Vector) -> Vector {
    let length = dot(a, a).sqrt();
    if length > 0.0 { a.map(|v| v / length) } else { [0.0, 0.0, 1.0] }
}

/// A triangle with its normals and its colour.
#[derive(Clone, Copy, Debug)]
pub struct Facet {
    /// its corners
    pub corners: [Vector; 3],
    /// normals at the corners, outwards
    pub normals: [Vector; 3],
    /// its colour without light
    pub colour: Colour,
}

/// Where the scene is seen from, and how it fits the picture.
#[derive(Clone, Copy, Debug)]
pub struct Camera {
    eye: Vector,
    right: Vector,
    up: Vector,
    forward: Vector,
    scale: f32,
    shift: [f32; 2],
    size: [usize; 2],
}

impl Camera {
    /// A camera that looks from above at a box from 0 to `extent`, over a corner of it, so that the box fills a picture that is
    /// `width` wide.
    pub fn new(extent: Vector, width: usize) -> Self {
        let (azimuth, elevation) = (-62.0_f32.to_radians(), 33.0_f32.to_radians());
        let middle = extent.map(|v| 0.5 * v);
        let away = [azimuth.cos() * elevation.cos(), azimuth.sin() * elevation.cos(), elevation.sin()];
        let eye = plus(middle, away, 2.4 * dot(extent, extent).sqrt());
        let forward = away.map(|v| -v);
        let right = unit(cross(forward, [0.0, 0.0, 1.0]));
        let up = cross(right, forward);
        let mut camera = Self { eye, right, up, forward, scale: 1.0, shift: [0.0; 2], size: [1, 1] };
        let corner = |i: usize| std::array::from_fn(|axis| if i >> axis & 1 == 1 { extent[axis] } else { 0.0 });
        let seen: Vec<[f32; 3]> = (0..8).map(|i| camera.project(corner(i))).collect();
        let range = |axis: usize| {
            let values = seen.iter().map(|p| p[axis]);
            values.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
        };
        let ((left, right), (top, bottom)) = (range(0), range(1));
        let margin = 0.03;
        let fine = (width * FINE) as f32;
        camera.scale = fine * (1.0 - 2.0 * margin) / (right - left).max(1e-9);
        let height = (bottom - top) * camera.scale + 2.0 * margin * fine;
        camera.size = [width * FINE, (height / FINE as f32).ceil() as usize * FINE];
        camera.shift = [margin * fine - left * camera.scale, margin * fine - top * camera.scale];
        camera
    }

    /// Pixel across and down, and one over the distance.
    fn project(&self, point: Vector) -> [f32; 3] {
        let from = plus(point, self.eye, -1.0);
        let near = 1.0 / dot(from, self.forward).max(1e-6);
        let across = dot(from, self.right) * near * self.scale + self.shift[0];
        [across, -dot(from, self.up) * near * self.scale + self.shift[1], near]
    }
}

/// What a pixel sees.
#[derive(Clone, Copy)]
struct Sample {
    /// one over the distance, 0 for nothing
    near: f32,
    normal: Vector,
    colour: Colour,
}

/// A picture of red, green, blue and opacity, a byte each.
pub struct Picture {
    /// pixels along a row
    pub width: usize,
    /// rows, the first on top
    pub height: usize,
    /// 4 bytes a pixel
    pub bytes: Vec<u8>,
}

/// Draws the facets.
pub fn draw(camera: &Camera, facets: &[Facet]) -> Picture {
    let [columns, rows] = camera.size;
    let mut samples = vec![Sample { near: 0.0, normal: [0.0; 3], colour: [0.0; 3] }; columns * rows];
    for facet in facets {
        fill(camera, &mut samples, facet);
    }
    let lit: Vec<Colour> = (0..samples.len()).map(|at| light(camera, &samples, at)).collect();
    let (width, height) = (columns / FINE, rows / FINE);
    let mut bytes = Vec::with_capacity(4 * width * height);
    for y in 0..height {
        for x in 0..width {
            let inner = (0..FINE * FINE).map(|i| (FINE * y + i / FINE) * columns + FINE * x + i % FINE);
            let (mut sum, mut seen) = ([0.0; 3], 0.0);
            for at in inner.filter(|&at| samples[at].near > 0.0) {
                sum = plus(sum, lit[at], 1.0);
                seen += 1.0;
            }
            let colour = sum.map(|v| if seen > 0.0 { v / seen } else { 0.0 });
            bytes.extend(super::palette::bytes(colour));
            bytes.push((255.0 * seen / (FINE * FINE) as f32).round() as u8);
        }
    }
    Picture { width, height, bytes }
}

/// Puts a facet where nothing nearer is.
fn fill(camera: &Camera, samples: &mut [Sample], facet: &Facet) {
    let [columns, rows] = camera.size;
    let seen = facet.corners.map(|corner| camera.project(corner));
    let [a, b, c] = seen;
    let area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    if area.abs() < 1e-9 || !area.is_finite() {
        return;
    }
    let low = |axis: usize| seen.iter().map(|p| p[axis]).fold(f32::INFINITY, f32::min).floor().max(0.0) as usize;
    let high = |axis: usize, end: usize| {
        (seen.iter().map(|p| p[axis]).fold(0.0, f32::max).ceil().max(0.0) as usize).min(end - 1)
    };
    for y in low(1)..=high(1, rows) {
        for x in low(0)..=high(0, columns) {
            let (px, py) = (x as f32 + 0.5, y as f32 + 0.5);
            let share = |p: [f32; 3], q: [f32; 3]| ((q[0] - p[0]) * (py - p[1]) - (q[1] - p[1]) * (px - p[0])) / area;
            let shares = [share(b, c), share(c, a), share(a, b)];
            if shares.iter().any(|&s| s < -1e-5) {
                continue;
            }
            let near = shares[0] * a[2] + shares[1] * b[2] + shares[2] * c[2];
            let sample = &mut samples[y * columns + x];
            if near > sample.near {
                let normal = facet.normals.iter().zip(shares).fold([0.0; 3], |sum, (&n, s)| plus(sum, n, s));
                *sample = Sample { near, normal: unit(normal), colour: facet.colour };
            }
        }
    }
}

/// Colour of a sample under a light from above, one from the side, the sky's, and a gloss; hollows are darker.
fn light(camera: &Camera, samples: &[Sample], at: usize) -> Colour {
    let Sample { near, normal, colour } = samples[at];
    if near == 0.0 {
        return colour;
    }
    let towards = camera.forward.map(|v| -v);
    let from = |right: f32, up: f32, front: f32| {
        unit(plus(plus(camera.right.map(|v| right * v), camera.up, up), towards, front))
    };
    let (key, side) = (from(-0.55, 0.85, 0.7), from(0.9, 0.1, 0.45));
    let sky = 0.5 + 0.5 * normal[2];
    let diffuse = 0.16 + 0.6 * dot(normal, key).max(0.0) + 0.2 * dot(normal, side).max(0.0) + 0.24 * sky;
    let gloss = dot(normal, unit(plus(key, towards, 1.0))).max(0.0).powi(28);
    let open = 1.0 - hollow(camera, samples, at);
    colour.map(|v| (v * diffuse + 0.22 * gloss) * open)
}

/// How far a sample lies in a hollow, 0 … 1: the mean distance of opposite neighbours is smaller than its own there.
fn hollow(camera: &Camera, samples: &[Sample], at: usize) -> f32 {
    let [columns, rows] = camera.size;
    let (x, y) = ((at % columns) as f32, (at / columns) as f32);
    let far = 1.0 / samples[at].near;
    let pixel = far / camera.scale; // what a pixel spans there
    let mut sum = 0.0;
    const WAYS: usize = 8;
    const RINGS: usize = 3;
    for way in 0..WAYS {
        let (sine, cosine) = (std::f32::consts::PI * way as f32 / WAYS as f32).sin_cos();
        for ring in 1..=RINGS {
            let reach = REACH * ring as f32 / RINGS as f32;
            let distance = |sign: f32| {
                let (px, py) = ((x + sign * reach * cosine).round(), (y + sign * reach * sine).round());
                let inside = px >= 0.0 && py >= 0.0 && (px as usize) < columns && (py as usize) < rows;
                let near = if inside { samples[py as usize * columns + px as usize].near } else { 0.0 };
                // beyond what matters a neighbour is another body
                if near > 0.0 { (1.0 / near - far).clamp(-2.0 * reach * pixel, 2.0 * reach * pixel) } else { 0.0 }
            };
            let depth = -0.5 * (distance(1.0) + distance(-1.0)) / (reach * pixel);
            sum += depth.clamp(0.0, 1.0);
        }
    }
    (0.9 * sum / (WAYS * RINGS) as f32).min(0.6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plate(z: f32, colour: Colour) -> [Facet; 2] {
        let p = |x: f32, y: f32| [x, y, z];
        let facet = |corners| Facet { corners, normals: [[0.0, 0.0, 1.0]; 3], colour };
        [facet([p(0.0, 0.0), p(8.0, 0.0), p(8.0, 8.0)]), facet([p(0.0, 0.0), p(8.0, 8.0), p(0.0, 8.0)])]
    }

    #[test]
    fn the_nearer_facet_is_seen_in_any_order() {
        let camera = Camera::new([8.0, 8.0, 4.0], 64);
        let (low, high) = (plate(0.0, [1.0, 0.0, 0.0]), plate(4.0, [0.0, 0.0, 1.0]));
        let one = draw(&camera, &[low, high].concat());
        let other = draw(&camera, &[high, low].concat());
        assert_eq!(one.bytes, other.bytes);
        // the middle of the upper plate is blue, the corner of the picture is empty
        let [x, y, _] = camera.project([4.0, 4.0, 4.0]);
        let at = 4 * ((y as usize / FINE) * one.width + x as usize / FINE);
        assert!(one.bytes[at + 2] > 2 * one.bytes[at] && one.bytes[at + 3] == 255, "{:?}", &one.bytes[at..at + 4]);
        assert_eq!(one.bytes[3], 0);
    }
}
