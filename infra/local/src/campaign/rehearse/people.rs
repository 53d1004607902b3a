//! Who is on the phone in a rehearsal: patients who do as patients do, and the agent that asks them.

use aws_lc_rs::digest::{SHA256, digest};
use call::answers::{Field, Kind, Questionnaire};
use serde_json::{Map, Value};
use simulators::{
    elevenlabs::{Say, Script, Step as AgentStep},
    knowlarity::{Callee, Dial, Step},
    speech::line,
};
use std::{iter::repeat_n, time::Duration};

/// Most of a line that is said.
const LINE_MAX: Duration = Duration::from_millis(1_500);

/// What the agent says, what is answered, and so on until the agent takes its leave.
const TURNS: [(&str, &str); 4] = [
    ("agent_greeting_hi", "callee_haan_hi"),
    ("agent_age_hi", "callee_age_hi"),
    ("agent_complaint_hi", "callee_complaint_hi"),
    ("agent_city_hi", "callee_city_hi"),
];

/// What every answer in words is.
const WORDS: &str = "TEST";

/// Somebody who answers everything.
pub(super) fn willing() -> Callee {
    Callee::speaking(replies(TURNS.len()).collect())
}

/// Somebody who hangs up after so many answers.
fn unwilling(answers: usize) -> Callee {
    let steps = replies(answers).chain([Step::HangUp]);
    Callee::speaking(steps.collect())
}

fn replies(count: usize) -> impl Iterator<Item = Step> {
    let replies = TURNS.iter().take(count);
    replies.map(|(_, reply)| Step::Reply(line(reply).shortened(LINE_MAX).pcm))
}

/// What becomes of the dials of a row, at most `max`: the same for the same row and number each time.
pub(super) fn dials(row: u64, phone: &str, max: u8) -> Vec<(Dial, Callee)> {
    let drawn = digest(&SHA256, format!("{row} {phone}").as_bytes());
    let drawn = drawn.as_ref();
    let max = usize::from(max);
    let (unreached, last) = match drawn[0] % 20 {
        0..=8 => (vec![], Some(willing())),
        9 | 10 => (vec![Dial::Busy], Some(willing())),
        11 | 12 => (vec![Dial::NoAnswer], Some(willing())),
        13 => (vec![Dial::SwitchedOff, Dial::NoAnswer], Some(willing())),
        14..=17 => (vec![], Some(unwilling(1 + usize::from(drawn[1] % 3)))),
        18 => (vec![Dial::Rejected], None),
        _ => (repeat_n(Dial::NoAnswer, max).collect(), None),
    };
    let unreached = unreached.into_iter().map(|dial| (dial, Callee::silent()));
    let last = last.map(|callee| (Dial::Answer, callee));
    // No more than the row has: the next dial to the number may be another patient's.
    unreached.chain(last).take(max).collect()
}

/// An agent that asks these questions, some in each turn, and saves what nobody said.
pub(super) fn agent(questionnaire: &Questionnaire) -> Script {
    let fields = questionnaire.fields();
    let per_turn = fields.len().div_ceil(TURNS.len());
    let mut fields = fields.chunks(per_turn);
    let mut steps = Vec::new();
    for (said, reply) in TURNS {
        steps.push(AgentStep::say(said));
        steps.push(AgentStep::listen(reply));
        steps.extend(fields.next().map(saved));
    }
    let goodbye = Say::from(line("agent_goodbye_hi")).without_waiting();
    steps.extend([AgentStep::Say(goodbye), AgentStep::EndCall]);
    Script::new(steps).shortened(LINE_MAX)
}

fn saved(fields: &[Field]) -> AgentStep {
    let values = fields
        .iter()
        .map(|field| (field.name.clone(), made_up(field)));
    AgentStep::McpTool {
        name: "save_patient_data".to_owned(),
        arguments: Value::Object(values.collect::<Map<_, _>>()),
    }
}

fn made_up(field: &Field) -> Value {
    match field.kind {
        Kind::Text => WORDS.into(),
        Kind::Integer { min, max } => min.midpoint(max).into(),
        Kind::Gender => "other".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn patients_do_the_same_each_time_and_not_all_the_same() {
        let shown = |row: u64, max| format!("{:?}", dials(row, "+911234567890", max));
        let kinds: BTreeSet<String> = (2..200).map(|row| shown(row, 4)).collect();
        assert_eq!(kinds.len(), 9);
        for row in 2..200 {
            assert_eq!(shown(row, 4), shown(row, 4));
            let dials = dials(row, "+911234567890", 1);
            assert_eq!(dials.len(), 1, "no more than the row has");
        }
    }

    #[test]
    fn what_is_saved_is_taken_whatever_is_asked() {
        let questionnaire = Questionnaire::default();
        for field in questionnaire.fields() {
            assert_eq!(field.read(&made_up(field)), Ok(made_up(field)));
        }
        let saves = |step: &&AgentStep| matches!(step, AgentStep::McpTool { .. });
        let saves = agent(&questionnaire).steps.iter().filter(saves).count();
        assert_eq!(saves, TURNS.len());
    }
}
