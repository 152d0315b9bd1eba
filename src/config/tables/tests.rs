//! Tables as spreadsheets, cyclers and scripts write them: read as a person would, or refused with the place and the reason.

use std::path::PathBuf;

use super::*;

const GOOD: &str = "c [mol/m3],T [K],kappa [S/m],diffusivity [m2/s],transference,thermodynamic_factor
500,298.15,0.70,2.5e-10,0.40,1.2
1000,298.15,0.80,2.2e-10,0.42,1.6
2000,298.15,0.78,1.6e-10,0.47,2.4
";

fn file(name: &str, content: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

fn transport(content: impl AsRef<[u8]>) -> Result<Read<Vec<Isotherm>>, String> {
    let (_folder, path) = file("t.csv", content.as_ref());
    isotherms(&path)
}

fn potential(content: impl AsRef<[u8]>) -> Result<Read<Vec<[f64; 2]>>, String> {
    let (_folder, path) = file("U.CSV", content.as_ref());
    open_circuit(&path)
}

fn assert_close(a: &[Isotherm], b: &[Isotherm]) {
    let numbers = |isotherms: &[Isotherm]| -> Vec<f64> {
        let row =
            |t: f64, (c, p): &(f64, Transport)| [*c, t, p.kappa, p.diffusivity, p.transference, p.thermodynamic_factor];
        isotherms.iter().flat_map(|i| i.rows.iter().flat_map(|r| row(i.temperature, r)).collect::<Vec<_>>()).collect()
    };
    let (a, b) = (numbers(a), numbers(b));
    assert_eq!(a.len(), b.len());
    assert!(a.iter().zip(&b).all(|(a, b)| (a / b - 1.0).abs() < 1e-12), "{a:?}\n{b:?}");
}

#[test]
fn the_same_electrolyte_in_other_units_and_spellings() {
    let si = transport(GOOD).unwrap();
    assert!(si.remarks.is_empty(), "{:?}", si.remarks);
    for other in [
        "c [mol/L],T [degC],kappa [mS/cm],diffusivity [cm2/s],transference,thermodynamic_factor
0.5,25,7.0,2.5e-6,0.40,1.2\n1,25,8.0,2.2e-6,0.42,1.6\n2,25,7.8,1.6e-6,0.47,2.4\n",
        "T (°C);c / mol L-1;kappa/mS cm-1;diffusivity [1e-10 m2/s];transference [%];thermodynamic_factor [-]
25;0,5;7,0;2,5;40;1,2\n25;1;8,0;2,2;42;1,6\n25;2;7,8;1,6;47;2,4\n",
        "# measured in May\n\"C [M]\"\tt [F]\tKappa S/m\tdiffusivity [cm^2/s]\ttransference\tthermodynamic_factor\tby
0.5\t77\t0.70\t2.5e-6\t0.40\t1.2\tme\n\n1\t77\t0.80\t2.2e-6\t0.42\t1.6\tme\n2\t77\t0.78\t1.6e-6\t0.47\t2.4\tme\n\t\t\t\t\t\t\n",
        "# c [mol/m^3],T [K],kappa [S/m],diffusivity [m^2/s],transference,thermodynamic_factor
5e2,298.15,0.70,2.5e-10,0.40,1.2\n1e3,298.15,0.80,2.2e-10,0.42,1.6\n2e3,298.15,0.78,1.6e-10,0.47,2.4\n",
    ] {
        let read = transport(other).unwrap_or_else(|e| panic!("{e}\n{other}"));
        assert_close(&read.content, &si.content);
    }
    let marked: Vec<u8> = [b"\xef\xbb\xbf", GOOD.replace('\n', "\r\n").as_bytes()].concat();
    assert_close(&transport(marked).unwrap().content, &si.content);
    let latin = GOOD.replace("T [K]", "T [?C]").replace("298.15", "25");
    let latin: Vec<u8> = latin.bytes().map(|b| if b == b'?' { 0xb0 } else { b }).collect();
    assert_close(&transport(latin).unwrap().content, &si.content);
}

#[test]
fn a_header_without_units_means_si_and_is_said() {
    let bare = GOOD.replace(" [mol/m3]", "").replace(" [S/m]", "");
    let read = transport(&bare).unwrap();
    assert_close(&read.content, &transport(GOOD).unwrap().content);
    assert!(read.remarks[0].contains("c in mol/m^3, kappa in S/m") && read.remarks.len() == 1, "{:?}", read.remarks);
    let read = transport(
        GOOD.replace("factor\n", "factor,who\n")
            .replace(".2\n", ".2,x\n")
            .replace("1.6\n", "1.6,x\n")
            .replace("2.4\n", "2.4,x\n"),
    )
    .unwrap();
    assert!(read.remarks[0].ends_with("not read: who"), "{:?}", read.remarks);
}

/// What is wrong, in place of what, and what the message must say.
#[test]
fn what_no_measurement_can_have_is_refused_with_line_and_column() {
    for (old, new, parts) in [
        ("0.42,", "42,", &["line 3, column transference", "42", "[%]"][..]),
        ("1.6\n", "-1.6\n", &["line 3, column thermodynamic_factor", "-1.6"]),
        ("0.80", "800", &["line 3, column kappa", "800 [S/m]"]),
        ("2.2e-10", "2.2", &["line 3, column diffusivity"]),
        ("2.2e-10", "-2.2e-10", &["line 3, column diffusivity"]),
        ("298.15", "25", &["line 2, column T", "25 [K]"]),
        ("1000,", "-1000,", &["line 3, column c"]),
        ("0.80", "0.8O", &["line 3, column kappa", "\"0.8O\" is not a number"]),
        ("0.80", "", &["line 3, column kappa", "is empty"]),
        ("0.80", "inf", &["line 3, column kappa"]),
        ("0.80", "0,80", &["line 3", "7 fields", "decimal points"]),
        ("0.80", "\"0,80\"", &["line 3", "decimal point"]),
        ("[S/m]", "[S]", &["line 1, column kappa", "\"S\" does not fit", "mS/cm"]),
        ("[S/m]", "[-]", &["column kappa", "does not fit"]),
        ("[K]", "[bar]", &["column T", "does not fit", "degC"]),
        ("transference", "transference [V]", &["column transference", "does not fit"]),
        ("kappa", "kapa", &["no column kappa", "\"kapa\""]),
        ("kappa [S/m]", "c [M]", &["line 1: column c stands twice"]),
        ("1000,", "500,", &["lines 2 and 3", "stands twice"]),
        ("2000,298.15", "2000,310", &["line 4", "310 K has one row"]),
        (",", " ", &["commas, semicolons or tabs"]),
    ] {
        assert!(GOOD.contains(old));
        let message = transport(GOOD.replace(old, new)).unwrap_err();
        assert!(parts.iter().all(|part| message.contains(part)) && message.contains("t.csv"), "{new}: {message}");
    }
    let molar = GOOD.replace(" [mol/m3]", "").replace("500,", "0.5,").replace("1000,", "1,").replace("2000,", "2,");
    assert!(transport(&molar).unwrap_err().contains("is it mol/L?"));
    assert_eq!(transport(molar.replace("c,", "c [mol/m3],")).unwrap().content[0].rows[2].0, 2.0, "a unit is believed");
    let millisiemens = GOOD.replace(" [S/m]", "").replace("0.7", "7.").replace("0.80", "8.0");
    assert!(transport(millisiemens).unwrap_err().contains("is it mS/cm?"));
    let data: String = GOOD.lines().skip(1).map(|line| format!("{line}\n")).collect();
    assert!(transport(data).unwrap_err().contains("no header"));
    assert!(transport("").unwrap_err().contains("no rows"));
    assert!(transport(GOOD.lines().next().unwrap()).unwrap_err().contains("no rows"));
    assert!(transport([0xff, 0xfe, b'c', 0]).unwrap_err().contains("UTF-16"));
}

#[test]
fn temperatures_that_scatter_are_one_isotherm() {
    let scattered = GOOD.replacen("298.15", "298.1", 1).replacen("2000,298.15", "2000,298.4", 1);
    let read = transport(&scattered).unwrap();
    assert_eq!((read.content.len(), read.content[0].rows.len()), (1, 3));
    assert!((read.content[0].temperature - 298.216_666_666_666_7).abs() < 1e-9);
    assert!(read.remarks[0].contains("298.1 to 298.4 K are one isotherm"), "{:?}", read.remarks);
    let steps = GOOD.replacen("298.15", "297.5", 1).replacen("2000,298.15", "2000,299", 1);
    assert!(transport(&steps).unwrap_err().contains("neither one isotherm nor several"));
    let second: String = GOOD.lines().skip(1).map(|line| line.replace("298.15", "313.15") + "\n").collect();
    assert_eq!(transport(format!("{GOOD}{second}")).unwrap().content.len(), 2);
}

#[test]
fn open_circuit_potentials() {
    let expected = [[0.2, 4.16], [0.5, 3.95], [0.9, 3.67]];
    let bare = potential("0.5;3,95\n0.2;4,16\n".replace("0.", "0,") + "0,9;3,67").unwrap();
    assert_eq!(bare.content, expected);
    assert!(bare.remarks[0].contains("no header; its columns are taken as x and U, U in V"), "{:?}", bare.remarks);
    for text in [
        "U [mV],x\n4160,.2\n3950,.5\n3670,.9",
        "x [%]\tU\n20\t4.16\n50\t3.95\n90\t3.67",
        "#x,U [mV]\n0.2,4160\n0.5,3950\n0.9,3670",
    ] {
        let read = potential(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert!(
            read.content.iter().flatten().zip(expected.as_flattened()).all(|(a, b)| (a - b).abs() < 1e-12),
            "{text}"
        );
    }
    for (text, parts) in [
        ("x,U\n0.2,4160\n0.9,3670", &["line 2, column U", "U [mV]"][..]),
        ("0.2,4160\n0.9,3670", &["line 1, column U", "U [mV]"]),
        ("x,U\n20,4.1\n90,3.6", &["line 2, column x", "x [%]"]),
        ("4.1,0.2\n3.6,0.9", &["line 1, column x"]),
        ("0,2,4,16\n0,9,3,67", &["no header"]),
        ("0.2,4.1,1\n0.9,3.6,1", &["no header"]),
        ("x;U\n0,2;4.1\n0.9;3.6", &["decimal commas and decimal points"]),
        ("x;U\n0,2;1.234,5\n", &["not a number"]),
        ("x,U\n0.2,4.1\n0.2,3.6", &["stands twice"]),
        ("x,U\n0.2,4.1", &["fewer than two"]),
        ("x,U\n0.2,4.1\n0.3", &["line 3", "1 fields"]),
    ] {
        let message = potential(text).unwrap_err();
        assert!(parts.iter().all(|part| message.contains(part)) && message.contains("U.CSV"), "{text}: {message}");
    }
}

/// Any bytes are read or refused: never a panic, never a number that no measurement can have.
#[test]
fn any_bytes_are_a_table_or_an_error() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut draw = |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % n as u64) as usize
    };
    let pieces: [&[u8]; 16] = [
        b",",
        b";",
        b"\t",
        b"\n",
        b"\"",
        b"#",
        b"-",
        b"1e400",
        b"\xff",
        b"\xef\xbb\xbf",
        b"[",
        b"]",
        b"nan",
        b" ",
        b"0,5",
        "°".as_bytes(),
    ];
    for _ in 0..600 {
        let mut bytes = GOOD.as_bytes().to_vec();
        for _ in 0..1 + draw(6) {
            let place = draw(bytes.len());
            match draw(3) {
                0 => bytes.truncate(place.max(1)),
                1 => bytes[place] = draw(256) as u8,
                _ => drop(bytes.splice(place..place, pieces[draw(pieces.len())].iter().copied())),
            }
        }
        for read in transport(&bytes).into_iter().flat_map(|read| read.content) {
            for (c, p) in &read.rows {
                let values = [*c, read.temperature, p.kappa, p.diffusivity, p.transference, p.thermodynamic_factor];
                assert!(values.iter().zip(&TRANSPORT).all(|(v, column)| column.possible.contains(v)), "{values:?}");
            }
        }
        // the answer is of no interest, that there is one is
        let _ = potential(&bytes);
    }
}
