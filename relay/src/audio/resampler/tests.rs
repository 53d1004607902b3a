use super::*;
use proptest::prelude::*;
use std::{f64::consts::TAU, time::Instant};

const AGENT_HZ: [u32; 6] = [8_000, 16_000, 22_050, 24_000, 44_100, 48_000];
const CARRIER_HZ: [u32; 2] = [8_000, 16_000];

/// Every two different rates that may meet, each way.
fn pairs() -> impl Iterator<Item = (u32, u32)> {
    let met = CARRIER_HZ
        .into_iter()
        .flat_map(|carrier| AGENT_HZ.map(|agent| (carrier, agent)));
    met.flat_map(|(carrier, agent)| [(carrier, agent), (agent, carrier)])
        .filter(|(from, to)| from != to)
}

fn bytes(samples: impl IntoIterator<Item = i16>) -> Bytes {
    samples.into_iter().flat_map(i16::to_le_bytes).collect()
}

fn samples(pcm: &[u8]) -> Vec<i16> {
    let samples = pcm.as_chunks::<SAMPLE_BYTES>().0;
    samples.iter().map(|two| i16::from_le_bytes(*two)).collect()
}

fn sine(tone_hz: f64, at: usize, hz: u32) -> f64 {
    12_000.0 * (TAU * tone_hz * at as f64 / f64::from(hz)).sin()
}

/// How far above the difference from the ideal sine the sine is, in dB: level and delay count too.
fn snr(heard: &[i16], from: usize, tone_hz: f64, hz: u32) -> f64 {
    let (mut signal, mut noise) = (0.0, 0.0);
    for (index, sample) in heard.iter().enumerate() {
        let ideal = sine(tone_hz, from + index, hz);
        signal += ideal * ideal;
        noise += (f64::from(*sample) - ideal).powi(2);
    }
    10.0 * (signal / noise).log10()
}

#[test]
fn a_sweep_through_the_band_stays_clean_at_every_pair_of_rates() {
    for (from, to) in pairs() {
        let nyquist = f64::from(from.min(to)) / 2.0;
        let band = if from.min(to) < 16_000 {
            3_400.0
        } else {
            0.9 * nyquist
        };
        for tone in (1..=12).map(|step| band * f64::from(step) / 12.0) {
            let tone_hz = tone.round();
            let said = (0..from as usize / 5).map(|at| sine(tone_hz, at, from) as i16);
            let heard = samples(&Resampler::whole(bytes(said), from, to));
            assert_eq!(heard.len(), to as usize / 5);
            // Away from the ends, where the sine is cut off.
            let middle = heard.len() / 4..heard.len() * 3 / 4;
            let snr = snr(&heard[middle.clone()], middle.start, tone_hz, to);
            assert!(snr >= 60.0, "{from} to {to}: {snr:.1} dB at {tone_hz} Hz");
        }
    }
}

#[test]
fn what_the_lower_rate_cannot_carry_is_not_folded_back() {
    for (from, to) in pairs().filter(|(from, to)| from > to) {
        let tone_hz = f64::from(to) / 2.0 * 1.2;
        if tone_hz > f64::from(from) * 0.49 {
            continue;
        }
        let said = (0..from as usize / 5).map(|at| sine(tone_hz, at, from) as i16);
        let heard = samples(&Resampler::whole(bytes(said), from, to));
        let middle = &heard[heard.len() / 4..heard.len() * 3 / 4];
        let loudest = middle.iter().map(|sample| sample.unsigned_abs()).max();
        assert!(loudest < Some(40), "{from} to {to}: {loudest:?}");
    }
}

#[test]
fn the_same_rate_is_passed_on_untouched() {
    let pcm = bytes([1, -2, 3]);
    let mut same = Resampler::new(16_000, 16_000);
    assert_eq!(same.convert(pcm.clone()).as_ptr(), pcm.as_ptr());
    assert_eq!((same.held(), same.flush().len(), same.reset()), (0, 0, 0));
    assert_eq!(
        Resampler::whole(pcm.clone(), 8_000, 8_000).as_ptr(),
        pcm.as_ptr()
    );
}

#[test]
fn the_filter_lags_by_less_than_five_ms() {
    for (from, to) in pairs() {
        let mut resampler = Resampler::new(from, to);
        let given = resampler.convert(bytes(vec![0; from as usize])).len();
        assert_eq!(given + resampler.held(), to as usize * SAMPLE_BYTES);
        let lag = resampler.held() as f64 / f64::from(to) / SAMPLE_BYTES as f64;
        assert!((0.003..0.005).contains(&lag), "{from} to {to}: {lag} s");
    }
}

#[test]
fn an_hour_neither_gains_nor_loses_a_sample_nor_shifts_one() {
    let (from, to, tone_hz) = (22_050, 16_000, 1_000.0);
    let (mut resampler, piece) = (Resampler::new(from, to), bytes(vec![0; from as usize]));
    let (mut given, mut lags) = (0, Vec::new());
    let seconds = 3_599;
    for second in 1..=seconds {
        given += resampler.convert(piece.clone()).len() / SAMPLE_BYTES;
        lags.push(second * to as usize - given);
    }
    lags.sort_unstable();
    assert!(lags[lags.len() - 1] - lags[0] <= 1, "{lags:?}");

    let last = seconds * from as usize..(seconds + 1) * from as usize;
    let mut end = resampler
        .convert(bytes(last.map(|at| sine(tone_hz, at, from) as i16)))
        .to_vec();
    end.extend_from_slice(&resampler.flush());
    let end = samples(&end);
    assert_eq!(given + end.len(), 3_600 * to as usize);
    let middle = &end[end.len() / 4..end.len() * 3 / 4];
    let snr = snr(middle, given + end.len() / 4, tone_hz, to);
    assert!(snr >= 60.0, "{snr:.1} dB after an hour");
}

#[test]
fn the_last_syllable_comes_out_with_the_flush_and_nothing_after_a_reset() {
    for (from, to) in pairs() {
        let said = bytes((0..from as usize / 10).map(|at| sine(500.0, at, from) as i16));
        let mut resampler = Resampler::new(from, to);
        let given = resampler.convert(said.clone());
        let tail = resampler.flush();
        assert_eq!(given.len() + tail.len(), to as usize / 10 * SAMPLE_BYTES);
        let loudest = samples(&tail)
            .iter()
            .map(|sample| sample.unsigned_abs())
            .max();
        assert!(loudest > Some(8_000), "{from} to {to}: {loudest:?}");
        assert_eq!(resampler.held(), 0);

        let again = resampler.convert(said.clone());
        assert_eq!(
            again, given,
            "{from} to {to}: a new sound begins as the first did"
        );
        let held = resampler.held();
        assert_eq!((resampler.reset(), resampler.flush().len()), (held, 0));
        assert_eq!(resampler.convert(said), given);
    }
}

#[test]
fn loud_sound_saturates() {
    let square = (0..8_000).map(|at| if at / 10 % 2 == 0 { i16::MAX } else { i16::MIN });
    let heard = samples(&Resampler::whole(bytes(square), 8_000, 16_000));
    assert!(heard.contains(&i16::MAX) && heard.contains(&i16::MIN));
    let jumps = heard
        .windows(2)
        .map(|two| i32::from(two[0]) - i32::from(two[1]));
    assert!(jumps.map(i32::abs).max() < Some(60_000), "it wrapped");
}

/// What a frame of 20 ms costs: `cargo test --release -p relay --lib cost -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
#[expect(clippy::disallowed_methods, reason = "it measures time")]
fn cost_of_a_frame() {
    for (from, to) in pairs() {
        let frame = bytes((0..from as usize / 50).map(|at| sine(500.0, at, from) as i16));
        let began = Instant::now();
        let mut resampler = Resampler::new(from, to);
        let table = began.elapsed();
        let began = Instant::now();
        for _ in 0..2_000 {
            let _ = std::hint::black_box(resampler.convert(frame.clone()));
        }
        let each = began.elapsed() / 2_000;
        println!(
            "{from} to {to}: {} ns, table {} us",
            each.as_nanos(),
            table.as_micros()
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn invariant_cuts_do_not_change_what_comes_out(
        audio in prop::collection::vec(any::<i16>(), 0..2_000),
        cuts in prop::collection::vec(0..2_000_usize, 0..12),
        pair in prop::sample::select(pairs().collect::<Vec<_>>()),
    ) {
        let (from, to) = pair;
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(audio.len())).collect();
        cuts.extend([0, audio.len()]);
        cuts.sort_unstable();
        let mut resampler = Resampler::new(from, to);
        let mut heard = Vec::new();
        for cut in cuts.windows(2) {
            heard.extend_from_slice(&resampler.convert(bytes(audio[cut[0]..cut[1]].to_vec())));
            let due = cut[1] as u64 * u64::from(to) / u64::from(from);
            prop_assert_eq!((heard.len() + resampler.held()) as u64, due * 2);
        }
        heard.extend_from_slice(&resampler.flush());
        prop_assert_eq!(&heard[..], &Resampler::whole(bytes(audio), from, to)[..]);
    }
}
