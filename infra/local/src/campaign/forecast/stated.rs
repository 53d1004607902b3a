//! Every assumption in words, and where it came from.

use super::{Arguments, Asked};
use ::campaign::{Hours, Span};
use std::time::Duration;

/// Where what nobody has said comes from.
const ASSUMED: &str = "assumed; no calls of your own are known yet";

/// One assumption.
pub(super) struct Stated {
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) from: String,
}

fn stated(name: &'static str, value: impl Into<String>, from: impl Into<String>) -> Stated {
    Stated {
        name,
        value: value.into(),
        from: from.into(),
    }
}

/// The option if it was given, else where the value comes from.
fn given<T>(value: Option<&T>, option: &str, else_from: &str) -> String {
    value.map_or(else_from, |_| option).to_owned()
}

pub(super) fn all(arguments: &Arguments, asked: &Asked) -> Vec<Stated> {
    let mut all = times(arguments, asked);
    all.extend(limits(arguments, asked));
    all.extend(people(arguments, asked));
    all
}

fn times(arguments: &Arguments, asked: &Asked) -> Vec<Stated> {
    let hours = &asked.plan.hours;
    let start = given(arguments.start.as_ref(), "--start", "now");
    let is_given = arguments.hours.as_ref();
    let mut times = vec![
        stated("start", hours.clock(asked.start), start),
        stated("end", hours.clock(asked.plan.expires_at), "--until"),
        stated(
            "hours",
            hours.span.to_string(),
            given(is_given, "--hours", "assumed"),
        ),
        stated(
            "days",
            days(hours),
            given(arguments.days.as_ref(), "--days", "assumed"),
        ),
    ];
    if let Some(class) = asked.plan.class.bounds() {
        times.push(stated(
            "hours of the law",
            class.to_string(),
            "--promotional",
        ));
    }
    if let Some(service) = &asked.policy.calling_window {
        times.push(stated(
            "hours of the service",
            service.to_string(),
            "CALLING_WINDOW",
        ));
    }
    times
}

fn days(hours: &Hours) -> String {
    let days: Vec<&str> = hours.days().collect();
    let holidays = hours.holidays.iter().map(|day| format!(", not {day}"));
    days.join(" ") + &holidays.collect::<String>()
}

fn limits(arguments: &Arguments, asked: &Asked) -> Vec<Stated> {
    let (plan, policy) = (&asked.plan, &asked.policy);
    let channels = policy.channels();
    let is_agents = channels < policy.max_concurrent_calls;
    let from = match arguments.channels {
        _ if is_agents => "AGENT_CONCURRENCY",
        Some(_) => "--channels",
        None => "MAX_CONCURRENT_CALLS",
    };
    let places = plan.concurrency.to_string();
    let places_from = given(
        arguments.concurrency.as_ref(),
        "--concurrency",
        "as many as channels",
    );
    let pace = plan.dials_per_minute;
    let pace = pace.map_or("none of its own".to_owned(), |pace| {
        format!("{pace} dials a minute")
    });
    let waits = format!(
        "busy {}, no answer {}, out of reach {}",
        time(policy.retry_busy),
        time(policy.retry_no_answer),
        time(policy.retry_unreachable)
    );
    let retries = given(arguments.retries.as_ref(), "--retries", "RETRIES_MAX");
    let mut limits = vec![
        stated(
            "channels",
            format!("{channels}, each used at once when it is free, by nobody else"),
            from,
        ),
        stated("calls at once", places, places_from),
        stated(
            "pace",
            pace,
            given(arguments.pace.as_ref(), "--pace", "assumed"),
        ),
        stated(
            "dials of a row",
            format!("at most {}", plan.dials_max()),
            retries,
        ),
        stated(
            "waits between",
            waits,
            "RETRY_BUSY, RETRY_NO_ANSWER, RETRY_UNREACHABLE",
        ),
    ];
    if let Some(dials) = policy.dials_per_second {
        limits.push(stated(
            "dials in a second",
            dials.to_string(),
            "DIALS_PER_SECOND",
        ));
    }
    limits
}

fn people(arguments: &Arguments, asked: &Asked) -> Vec<Stated> {
    let (assumed, policy) = (&asked.assumed, &asked.policy);
    let answered = assumed.answered_permille[0] / 10;
    let missed = assumed.missed;
    let not_answered = format!(
        "of 100, {} ring for {} in vain, {} are busy, {} out of reach",
        missed.no_answer,
        time(policy.ring_timeout),
        missed.busy,
        missed.unreachable
    );
    let talk = format!(
        "{}, at most {}",
        span(assumed.talk),
        time(policy.max_call_duration)
    );
    let doubt = format!(
        "all answers and all talk may be {} % off",
        assumed.doubt_percent
    );
    let cost = assumed
        .paise_per_minute
        .map_or("not given".to_owned(), |paise| {
            format!("₹{}.{:02} for each minute begun", paise / 100, paise % 100)
        });
    vec![
        stated(
            "answered",
            format!("{answered} of 100 dials, at every hour"),
            given(arguments.answer_rate.as_ref(), "--answer-rate", ASSUMED),
        ),
        stated("not answered", not_answered, "assumed; RING_TIMEOUT"),
        stated("ring before an answer", span(assumed.ring), "assumed"),
        stated(
            "talk",
            talk,
            given(arguments.talk.as_ref(), "--talk", ASSUMED),
        ),
        stated(
            "doubt",
            doubt,
            given(arguments.doubt.as_ref(), "--doubt", "assumed"),
        ),
        stated("cost", cost, "--cost-per-minute"),
        stated("opted out", "nobody", "the service's list is not asked"),
    ]
}

fn span(span: Span) -> String {
    format!("{} to {}", time(span.from), time(span.to))
}

fn time(time: Duration) -> String {
    let secs = time.as_secs();
    match (secs / 60, secs % 60) {
        (0, secs) => format!("{secs} s"),
        (mins, 0) => format!("{mins} min"),
        (mins, secs) => format!("{mins} min {secs} s"),
    }
}
