use super::*;

fn step(text: &str, capacity: Option<f64>, has_cathode: bool) -> Result<Step, String> {
    super::step(text, capacity, has_cathode, Path::new("."))
}

#[test]
fn a_file_of_currents_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let follow = |text: &str, capacity: Option<f64>| super::step(text, capacity, false, folder.path());
    write("a.csv", "time [min],current [mA/cm^2]\n1,1\n2,-0.5\n4,0\n");
    let read = follow("Follow a.csv until -0.2 V vs Li at 40 degC", None).unwrap();
    let profile = read.profile.unwrap();
    assert_eq!((profile.times, profile.currents), (vec![0.0, 60.0, 180.0], vec![10.0, -5.0, 0.0]));
    assert_eq!((read.limits, read.temperature), (vec![Limit::Time(180.0), Limit::PotentialBelow(-0.2)], Some(313.15)));
    assert_eq!(follow("Follow a.csv for 1 min", None).unwrap().limits, [Limit::Time(60.0)]);
    write("rates.csv", "time [s];c_rate\n0;1\n10;-2\n20;0\n");
    assert_eq!(follow("follow rates.csv", Some(36_000.0)).unwrap().profile.unwrap().currents, [10.0, -20.0, 0.0]);
    assert_eq!(followed("Follow my drive.csv for 1 h"), Some("my drive.csv"));
    assert_eq!(followed("Charge at 1C for 1 h"), None);
    write("back.csv", "time [s],current [A/m^2]\n0,1\n0,2\n");
    write("one.csv", "time [s],current [A/m^2]\n0,1\n");
    write("bare.csv", "time [s],current\n0,1\n1,2\n");
    for (text, part) in [
        ("Follow nothing.csv", "nothing.csv"),
        ("Follow", "Follow drive_cycle.csv"),
        ("Follow a.csv at 1C", "Follow drive_cycle.csv"),
        ("Follow a.csv for 1 h", "its file ends after 180 s; for more of it, write repeat = 20"),
        ("Follow rates.csv", "needs top.areal_capacity"),
        ("Follow back.csv", "line 3, column time: does not rise"),
        ("Follow one.csv", "has one row"),
        ("Follow bare.csv", "is it mA/cm^2?"),
    ] {
        let problem = follow(text, None).unwrap_err();
        assert!(problem.contains(part), "{text}: {problem}");
    }
}

#[test]
fn the_words_of_the_field() {
    let capacity = Some(4.0 * 36_000.0);
    for (text, control, limits) in [
        ("Charge at 1 mA/cm^2 for 2 h", Control::Current(10.0), vec![Limit::Time(7200.0)]),
        ("Charge at C/10 until 2 mAh/cm^2", Control::Current(4.0), vec![Limit::Charge(72_000.0)]),
        ("Hold at -50 mV until 0.05 mA/cm^2", Control::Potential(-0.05), vec![Limit::CurrentBelow(0.5)]),
        ("Rest for 30 min", Control::Current(0.0), vec![Limit::Time(1800.0)]),
        (
            "Strip at 0.5 mA/cm^2 until 1 V vs Li or 10 h",
            Control::Current(-5.0),
            vec![Limit::PotentialAbove(1.0), Limit::Time(36_000.0)],
        ),
        (
            "plate at 2 C, for 1 h, until −0.2 V vs. Li/Li⁺ or until 20 um or short",
            Control::Current(80.0),
            vec![Limit::Time(3600.0), Limit::PotentialBelow(-0.2), Limit::Height(20e-6), Limit::Short],
        ),
    ] {
        let step = step(text, capacity, false).unwrap();
        assert_eq!((step.control, step.limits), (control, limits), "{text}");
    }
    let pulse = step("Pulse 5 mA/cm^2 0.1 s on, 0.3 s off, for 1 h", None, false).unwrap();
    assert_eq!((pulse.control, pulse.pulse), (Control::Current(50.0), Some([0.1, 0.3])));
    assert_eq!(pulse.limits, [Limit::Time(3600.0)]);
    let ramp = step("Ramp from 0 mA/cm^2 to -2 mA/cm^2 in 1 h until 1 V vs Li", None, false).unwrap();
    let from = Some(Ramp { from: Control::Current(0.0), time: 3600.0 });
    assert_eq!((ramp.control, ramp.ramp), (Control::Current(-20.0), from));
    assert_eq!(ramp.limits, [Limit::Time(3600.0), Limit::PotentialAbove(1.0)]);
    let ramp = step("Ramp from 0 V to -200 mV in 200 s", None, false).unwrap();
    assert_eq!((ramp.control, ramp.ramp.unwrap().from), (Control::Potential(-0.2), Control::Potential(0.0)));
    let hot = step("Charge at C/2 at 40 degC until 0.5 mAh/cm^2", capacity, false).unwrap();
    assert_eq!((hot.control, hot.temperature), (Control::Current(20.0), Some(313.15)));
    assert_eq!(step("Rest at 60 °C for 1 h", None, false).unwrap().temperature, Some(333.15));
    for (text, limits) in [
        ("Charge at 3 mA/cm^2 until 60 degC or 1 h", vec![Limit::TemperatureAbove(333.15), Limit::Time(3600.0)]),
        ("Rest until 30 °C", vec![Limit::TemperatureBelow(303.15)]),
        (
            "Strip at 3 mA/cm^2 at 10 degC until < 300 K or 1 h",
            vec![Limit::TemperatureBelow(300.0), Limit::Time(3600.0)],
        ),
        ("Rest for 1 h until > 77 degF", vec![Limit::Time(3600.0), Limit::TemperatureAbove(298.15)]),
    ] {
        assert_eq!(step(text, None, false).unwrap().limits, limits, "{text}");
    }
    for text in [
        "Charge at 5 mA/cm^2 with compliance -0.5 V until -0.2 V vs Li or 1 h",
        "Charge at 5 mA/cm^2 until -0.2 V vs Li or 1 h, with compliance −500 mV vs Li",
    ] {
        let limited = step(text, None, false).unwrap();
        assert_eq!((limited.control, limited.compliance), (Control::Current(50.0), Some(-0.5)));
        assert_eq!(limited.limits, [Limit::PotentialBelow(-0.2), Limit::Time(3600.0)]);
    }
    assert_eq!(step("Charge at 1 mA/cm^2 for 1 h", None, false).unwrap().compliance, None);
    let pulse = step("Pulse 5 mA/cm^2 0.1 s on, 0.3 s off, for 1 h with compliance -0.5 V", None, false).unwrap();
    assert_eq!((pulse.compliance, pulse.limits), (Some(-0.5), vec![Limit::Time(3600.0)]));
}

#[test]
fn cell_voltages_need_a_cathode() {
    let limits = |text| step(text, Some(36_000.0), true).map(|step| step.limits);
    assert_eq!(limits("Charge at C/10 until 4.2 V"), Ok(vec![Limit::VoltageAbove(4.2)]));
    assert_eq!(
        limits("Discharge at C/2 for 10 hours or until 3.0 V"),
        Ok(vec![Limit::Time(36_000.0), Limit::VoltageBelow(3.0)])
    );
    assert_eq!(limits("Strip at C/2 until 1 V vs Li"), Ok(vec![Limit::PotentialAbove(1.0)]));
    let held = |text| step(text, Some(36_000.0), true).map(|step| (step.voltage, step.control));
    assert_eq!(held("Hold at 4.2 V until C/20 or 1 h").unwrap().0, Some(4.2));
    assert!(held("Hold at -50 mV for 1 h").unwrap_err().contains("vs Li"));
    assert_eq!(held("Hold at -50 mV vs Li for 1 h"), Ok((None, Control::Potential(-0.05))));
}

#[test]
fn what_makes_no_step_is_said() {
    for (text, part) in [
        ("Dance at 1 mA/cm^2 for 2 h", "must begin with"),
        ("Charge at 1 mA/cm^2", "never ends"),
        ("Charge at 1 mA for 2 h", "1 mA"),
        ("Charge at -1 mA/cm^2 for 2 h", "positive"),
        ("Charge at C/10 for 2 h", "areal_capacity"),
        ("Charge at 1 mA/cm^2 until 4.2 V", "cathode"),
        ("Charge at 1 mA/cm^2 until 0.1 mA/cm^2", "a hold only"),
        ("Charge 1 mA/cm^2 for 2 h", "write \"at\""),
        ("Rest until 1 V vs Li", "a charge or a discharge only"),
        ("Rest at 1 mA/cm^2 for 1 h", "a rest has no"),
        ("Rest until short", "may never end"),
        ("Rest until 500 degC", "200…400 K"),
        ("Rest 30 min", "Rest for 30 min"),
        ("Charge at 1 mA/cm^2 until 4.2 V vs Li", "before any charge"),
        ("Strip at 1 mA/cm^2 until -0.2 V (vs Li)", "before any discharge"),
        ("Charge at 1 mA/cm^2 at 2 mA/cm^2 for 1 h", "twice"),
        ("Charge at 1 mA/cm^2 for 1 h at", "nothing after"),
        ("Hold at -50 mV until sunset", "no charge, time"),
        ("Pulse 5 mA/cm^2 for 1 h", "write \"Pulse"),
        ("Ramp to 5 mA/cm^2 in 1 h", "write \"Ramp"),
        ("Rest at 40 K for 1 h", "outside 200…400 K"),
        ("Ramp from 0 V to -0.2 V in 1 h until 1 mA/cm^2", "a hold only"),
        ("Ramp from 1 mA/cm^2 to -0.1 V in 1 h", "from a current to a potential"),
        ("Charge from 1 mA/cm^2 for 1 h", "only a ramp"),
        ("Charge at 1 mA/cm^2 with care for 1 h", "\"with care\" says nothing"),
        ("Charge at 1 mA/cm^2 with compliance 0.5 V for 1 h", "between -10 and -0.001 V vs Li"),
        ("Charge at 1 mA/cm^2 with compliance 5 mA for 1 h", "5 mA"),
        ("Charge at 1 mA/cm^2 for 1 h with", "nothing after"),
        ("Strip at 1 mA/cm^2 with compliance -0.5 V for 1 h", "only a charge has a compliance"),
        ("Hold at -0.1 V with compliance -0.5 V for 1 h", "only a charge has a compliance"),
        ("", "must begin with"),
    ] {
        let problem = step(text, None, false).unwrap_err();
        assert!(problem.contains(part), "{text}: {problem}");
    }
}

#[test]
fn other_spellings_of_one_thing_are_taken() {
    let capacity = Some(4.0 * 36_000.0);
    let read = |text: &str| step(text, capacity, true).unwrap_or_else(|problem| panic!("{problem}"));
    for (text, plain) in [
        ("CHARGE AT 1 C UNTIL 4.2 V", "Charge at 1C until 4.2 V"),
        ("Charge At 1 C Until 4.2 V.", "Charge at 1C until 4.2 V"),
        ("Charge with 1 C until 4.2 V", "Charge at 1C until 4.2 V"),
        ("Charge at 1C until > 4.2 V", "Charge at 1C until 4.2 V"),
        ("Charge at 1c until >=4.2 V", "Charge at 1C until 4.2 V"),
        ("Discharge at 1C until < 2.5 V or > 1 h", "Discharge at 1C until 2.5 V or 1 h"),
        ("Hold at 4.1 V until < C/50", "Hold at 4.1 V until C/50"),
        ("Charge at 1 C for 1 hour at 25 C", "Charge at 1C for 1 h at 25 degC"),
        ("Charge at 1 C for 1 hour at 25oC", "Charge at 1C for 1 h at 25 degC"),
        ("Charge at 10.2oC at 1 C for 45 minutes", "Charge at 1C for 45 min at 10.2 degC"),
        ("Charge at C/2 for 1 h at -10 C", "Charge at C/2 for 1 h at -10 degC"),
        ("Rest at 25 C for 1 h", "Rest at 25 degC for 1 h"),
        ("Hold at 4.1 V for 1 h at 40 C", "Hold at 4.1 V for 1 h at 40 degC"),
        ("Strip at 1C until 1 V (vs. Li/Li⁺) or SHORT", "Strip at 1C until 1 V vs Li or short"),
        ("Ramp from 0 V vs Li to -0.2 V vs Li at 1 mV/s", "Ramp from 0 V vs Li to -0.2 V vs Li in 200 s"),
        ("Ramp from 1 mA/cm^2 to 3 mA/cm^2 at 0.5 mA/cm^2/min", "Ramp from 1 mA/cm^2 to 3 mA/cm^2 in 4 min"),
        ("Pulse at 5 mA/cm^2, 0.1s on, 0.3s off, for 1 h", "Pulse 5 mA/cm^2 0.1 s on, 0.3 s off, for 1 h"),
        ("Charge at 1 mA cm⁻² until 0.2 mAh·cm⁻²", "Charge at 1 mA/cm^2 until 0.2 mAh/cm^2"),
        ("Rest for 1 h 30 min", "Rest for 90 min"),
    ] {
        let Step { text: _, control, voltage, pulse, ramp, profile: _, temperature, compliance, limits } = read(text);
        let plain = read(plain);
        assert_eq!((control, voltage, pulse), (plain.control, plain.voltage, plain.pulse), "{text}");
        assert_eq!(
            (ramp, temperature, compliance, limits),
            (plain.ramp, plain.temperature, plain.compliance, plain.limits),
            "{text}"
        );
    }
}

#[test]
fn what_a_box_has_no_meaning_for_is_answered_with_what_to_write() {
    for (text, part) in [
        ("Hold at 4.1 V until 50mA", "write it per area"),
        ("Discharge at 5A until 2.5 V", "write it per area, as in \"1 mA/cm^2\", or as a C-rate"),
        ("Charge at 15W until 4.2 V", "a given power is not among the steps"),
        ("Charge at 1C until 2 mAh", "as in \"1 mAh/cm^2\""),
        ("Rest for 10 minutes (5 minute period)", "write \"Rest for 10 minutes\""),
        ("Charge at 1 C (1 minute period) for 1 h", "write \"Charge at 1 C for 1 h\""),
        ("Charge at 0.5 C until 4.1", "\"4.1\" has no unit; write \"4.1 V\""),
        ("Charge at 200 mA for 45 minutes at 10.2oC", "write it per area"),
        ("Charge at 0,5C until 4.2 V", "\"0.5C\""),
        ("Charge at C/2 until 4,0 V", "\"4.0 V\""),
        ("Charge at 1C until < 4.2 V", "it rises to that value; write \"until 4.2 V\""),
        ("Hold at 4.2 V until > C/20", "it falls to that value"),
        ("Run US06 (A) for 1 hour or until 2.5 V", "Follow drive_cycle.csv"),
        ("Hold at 4.2 V until 0 mA/cm^2", "write a small one"),
        ("Hold at C/10 for 1 h", "a hold has a potential"),
        ("Charge at 4.2 V until C/20", "write \"Hold at 4.2 V\""),
        ("Charge at 1 C at 5 C for 1 h", "write \"5 degC\""),
        ("Charge at 25 C at 1 C for 1 h", "write \"1 degC\""),
        ("Chagre at 1 C for 1 h", "did you mean \"Charge\""),
        ("Charge at 1C for 1 h # formation", "begins no comment"),
        ("Charge at 1C until 0.2 mAh/cm^2 # formation", "begins no comment"),
        ("Rest for 0,5 min", "\"0.5 min\""),
        ("Strip at 1C until 1 V vs Na", "write \"1 V vs Li\""),
        ("Ramp from 0 V vs Li to 0 V vs Li at 1 mV/s", "goes nowhere"),
        ("Ramp from 0 V vs Li to -0.2 V vs Li at -1 mV/s", "must be positive"),
        ("Ramp from 0 V vs Li to -0.2 V vs Li at 1 mV/s in 1 h", "write \"Ramp"),
    ] {
        let problem = step(text, Some(4.0 * 36_000.0), true).expect_err(text);
        assert!(problem.contains(part) && problem.starts_with(&format!("{text:?}")), "{text}: {problem}");
    }
}

/// What the page about steps shows is what is taken.
#[test]
fn the_steps_of_the_page_are_steps() {
    let page = include_str!("../../../docs/quantities.md");
    let sentences: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("    ")?.split("  ").next()).collect();
    assert!(sentences.len() > 7, "{sentences:?}");
    for sentence in sentences {
        step(sentence, Some(144_000.0), true).unwrap_or_else(|problem| panic!("{problem}"));
    }
    assert!(step(&"Rest for 1 h ".repeat(100_000), None, false).unwrap_err().contains("too long"));
}

/// A capacity that the config gives wrongly is objected to there, not again in every step.
#[test]
fn a_wrong_capacity_is_no_fault_of_the_steps() {
    for text in ["Charge at C/10 for 1 h", "Hold at -50 mV until C/20", "Charge at 1C with compliance -0.5 V for 1 h"] {
        assert!(step(text, Some(f64::NAN), false).is_ok(), "{text}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 3000, failure_persistence: None, ..Default::default() })]

    /// Any words in any order are a step with finite numbers or are refused.
    #[test]
    fn any_sentence_is_a_step_or_refused(words in proptest::collection::vec(proptest::sample::select(vec![
        "Charge", "strip", "HOLD", "Rest", "Pulse", "Ramp", "Run", "at", "for", "until", "or", "on,", "off", "from", "to", "in", "with",
        "compliance", "vs", "vs.", "Li", "(vs", "Li)", "short", "1", "0", "-1", "1,5", "25", "C", "C/10", "2C", "25 C", "25oC", "mA/cm^2", "1 mA",
        "-0.2", "V", "1 V", "mV/s", "h", "1 h", "30 min", ">", "<", "#", ";", "(5 minute period)", ",", ".", "°", "(", ")", "é", "−", "2 um",
    ]), 0..12), has_cathode: bool) {
        let text = words.join(" ");
        if let Ok(step) = step(&text, Some(36_000.0), has_cathode) {
            let (Control::Current(value) | Control::Potential(value)) = step.control;
            proptest::prop_assert!(value.is_finite() && !step.limits.is_empty());
            proptest::prop_assert!(!text.contains(['#', ';', 'é']) && !text.contains("1,5"), "{}", text);
        }
    }
}
