//! Chosen fields: a plane and waves, whose derivatives are known.

/// A wave, amplitude · cos(k·x − rate t + phase).
#[derive(Clone, Copy, Debug)]
struct Wave {
    amplitude: f64,
    k: [f64; 3],
    rate: f64,
    phase: f64,
}

/// A field: mean + rate t + slope z + waves.
#[derive(Clone, Debug, Default)]
pub struct Chosen {
    mean: f64,
    rate: f64,
    slope: f64,
    waves: Vec<Wave>,
}

/// A field at a place and a time, with its derivatives.
#[derive(Clone, Copy, Debug, Default)]
pub struct Local {
    /// value
    pub value: f64,
    /// derivative with respect to time
    pub rate: f64,
    /// ∇
    pub gradient: [f64; 3],
    /// ∇∇
    pub hessian: [[f64; 3]; 3],
}

impl Chosen {
    /// A plane: mean + rate t + slope z.
    pub fn plane(mean: f64, rate: f64, slope: f64) -> Self {
        Self { mean, rate, slope, waves: Vec::new() }
    }

    /// With a travelling wave, amplitude · cos(k·x − rate t + phase).
    pub fn travelling(mut self, amplitude: f64, k: [f64; 3], rate: f64, phase: f64) -> Self {
        self.waves.push(Wave { amplitude, k, rate, phase });
        self
    }

    /// With a wave that travels along the copper and stands across it,
    /// amplitude · cos(k₁x + k₂y − rate t + phase) cos(k₃z).
    pub fn standing(self, amplitude: f64, k: [f64; 3], rate: f64, phase: f64) -> Self {
        let [x, y, z] = k;
        self.travelling(0.5 * amplitude, [x, y, z], rate, phase).travelling(0.5 * amplitude, [x, y, -z], rate, phase)
    }

    /// The field at a place and a time.
    pub fn at(&self, x: [f64; 3], t: f64) -> Local {
        let mut local = Local {
            value: self.mean + self.rate * t + self.slope * x[2],
            rate: self.rate,
            gradient: [0.0, 0.0, self.slope],
            hessian: [[0.0; 3]; 3],
        };
        for &Wave { amplitude, k, rate, phase } in &self.waves {
            let (sin, cos) = (k[0] * x[0] + k[1] * x[1] + k[2] * x[2] - rate * t + phase).sin_cos();
            local.value += amplitude * cos;
            local.rate += amplitude * rate * sin;
            for a in 0..3 {
                local.gradient[a] -= amplitude * k[a] * sin;
                for b in 0..3 {
                    local.hessian[a][b] -= amplitude * k[a] * k[b] * cos;
                }
            }
        }
        local
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_are_those_of_the_value() {
        let field = Chosen::plane(0.3, 0.2, -1.0).travelling(0.4, [0.5, -0.3, 0.2], 0.7, 0.1).standing(
            0.2,
            [0.1, 0.6, 0.4],
            -0.5,
            1.0,
        );
        let (x, t, h) = ([0.4, -1.3, 2.2], 0.9, 1e-5);
        let here = field.at(x, t);
        let rate = (field.at(x, t + h).value - field.at(x, t - h).value) / (2.0 * h);
        assert!((here.rate - rate).abs() < 1e-9);
        for a in 0..3 {
            let moved = |way: f64| {
                let mut place = x;
                place[a] += way;
                field.at(place, t)
            };
            let (low, high) = (moved(-h), moved(h));
            assert!((here.gradient[a] - (high.value - low.value) / (2.0 * h)).abs() < 1e-9);
            for b in 0..3 {
                assert!((here.hessian[a][b] - (high.gradient[b] - low.gradient[b]) / (2.0 * h)).abs() < 1e-9);
            }
        }
    }
}
