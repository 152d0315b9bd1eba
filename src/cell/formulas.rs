//! The formulas behind the figures, as docs/cells.md has them: each has an anchor there and one line.

/// A formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Formula {
    /// its anchor in docs/cells.md
    pub anchor: &'static str,
    /// the formula in one line
    pub text: &'static str,
}

macro_rules! formulas {
    ($($name:ident $anchor:literal $text:literal;)*) => {
        $(#[doc = concat!("`", $text, "`")] pub const $name: Formula = Formula { anchor: $anchor, text: $text };)*
        /// Every formula, in the order of the page.
        pub const ALL: &[Formula] = &[$($name),*];
    };
}

formulas! {
    FOIL "foil" "L = ½ L_foil where foils are coated on both sides, else L_foil; m = ρ L";
    CATHODE "cathode" "m_am = q/q_am; L = [m_am/ρ_am + m_am (1/w − 1)/ρ_in]/(1 − ε), or m_am/(ρ_am ε_am)";
    SEPARATOR "separator" "m = (1 − ε) ρ L";
    DEPOSIT "deposit" "L = q V_m/F/(1 − p)";
    INTERLAYER "interlayer" "m = ρ L";
    LITHIUM "lithium" "m = (M/V_m) L";
    GRAPHITE "graphite" "m_am = N/P · q/q_am; L as of the cathode; charged L (1 + s)";
    ELECTROLYTE "electrolyte" "m = ρ (1 + x) Σ filled ε L";
    UNIT "unit" "L = n_sides Σ L of a pair, 2 pairs where foils are coated on both sides";
    SWELLING "swelling" "L_charged/L_discharged − 1";
    CAPACITY "capacity" "Q = f q A n";
    VOLTAGE "voltage" "V = U_cathode − polarisation − E_negative";
    ENERGY "energy" "E = Q V";
    STACK "stack" "E/(A n L) and E/(A n m), L and m those of a pair";
    ROOM "room" "r = L_charged (1 + s_room) + x Σ filled ε L; n = n_design r_design/r";
    VOLUME "volume" "A n r + housing";
    MASS "mass" "A n m + housing";
    CELL "cell" "E/volume, E/mass";
    PACK "pack" "cell's Wh/L · volume_share, cell's Wh/kg · mass_share";
    GAIN "gain" "Wh/L over that of the baseline − 1";
    POROSITY "porosity" "p = 1 − L_dense k/(R − R_0), k = 1 + s_room + x f_d, R = (q V) r_b/[(q V)_b (1 + gain)], R_0 = r(p = 0) − k L_dense";
    MEASURED "measured" "p = 1 − thickness/mean_height where a cycle's deposit is thickest, mean over cycles after formation";
    HIGHEST "highest" "p = 1 − thickness/max_height there";
    FORMATION "formation" "f = Π CE over the cycles of formation; 1 while lithium foil covers what is lost";
    HEAT_CAPACITY "heat-capacity" "C = c_p m";
    RISE "rise" "ΔT = E/C";
    CYCLE_RISE "cycle-rise" "ΔT = A n ∫ q dt/C over the cycle that makes most heat q";
    RANGE "range" "d = u E/c";
    SAME_PACK "same-pack" "E' = E (Wh/L)'/(Wh/L); cells' mass E'/(Wh/kg)', the rest of the pack as it was";
    SAME_RANGE "same-range" "the same E: cells' volume E/(Wh/L), mass E/(Wh/kg), charge E/V";
    METAL "metal" "kg/kWh = w_metal m_am/(q V)";
    COST "cost" "Σ price · kg/kWh";
    RESERVOIR "reservoir" "R = L_foil F/(V_m q)";
    LIFE "life" "N = R/(1 − CE) + ln(end)/ln(CE)";
    FADE "fade" "capacity 1 while R − n (1 − CE) > 0, then CE to the power of the cycles after";
    INTERVAL "interval" "Student's 95 % interval of the mean of 1 − CE over runs, each end put into N";
    LOG_NORMAL "log-normal" "E[(d − K)₊] = m Φ((ln(D/K) + σ²)/σ) − K Φ(ln(D/K)/σ), m = D exp(σ²/2)";
    USE "use" "cycles a day = Σ_k (E[(d − a_k)₊] − E[(d − b_k)₊])/(b_k − a_k), from a_k to b_k the distance that the cells carry after the k-th charge";
    YEARS "years" "N/(365.25 · driven_share · cycles a day)";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page has each formula in one line, at its anchor.
    #[test]
    fn the_page_has_every_formula() {
        let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/cells.md")).unwrap();
        for Formula { anchor, text } in ALL {
            let begin = format!("| <a id=\"{anchor}\"></a>`{anchor}` | {text} |");
            assert!(page.lines().any(|line| line.starts_with(&begin)), "docs/cells.md lacks: {begin}");
        }
    }
}
