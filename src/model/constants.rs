//! Constants of nature and of lithium.

/// Faraday constant \[C/mol\] (CODATA 2018).
pub const FARADAY: f64 = 96_485.332_12;
/// Gas constant \[J/mol/K\] (CODATA 2018).
pub const GAS: f64 = 8.314_462_618;
/// Molar volume of lithium \[m³/mol\], 6.941 g/mol over 0.534 g/cm³.
pub const LITHIUM_MOLAR_VOLUME: f64 = 1.30e-5;
/// Molar mass of lithium \[kg/mol\] (IUPAC, as the molar volume counts it).
pub const LITHIUM_MOLAR_MASS: f64 = 6.941e-3;
/// Elementary charge \[C\] (CODATA 2018).
pub const ELEMENTARY_CHARGE: f64 = 1.602_176_634e-19;
/// Kelvin at 0 °C \[K\].
pub const ZERO_CELSIUS: f64 = 273.15;
/// 25 °C, at which most properties are told \[K\].
pub const ROOM: f64 = ZERO_CELSIUS + 25.0;
