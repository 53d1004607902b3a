//! A campaign's plan as a form: its fields with what they mean, and what a person has put into them.

use super::words::{Field, Words};
use campaign::{CONCURRENCY_MAX, Class, Hours, PACE_MAX, PRIORITY_MAX, Plan, RETRIES_MAX, WEEK};
use maud::{Markup, html};
use serde_json::{Map, Value, json};

/// What a form holds: a name may come more than once.
pub(super) type Given = Vec<(String, String)>;

/// The text of a field, if something stands in it.
pub(super) fn text<'a>(given: &'a Given, name: &str) -> Option<&'a str> {
    let found = given.iter().find(|(field, _)| field == name);
    let text = found.map(|(_, text)| text.trim());
    text.filter(|text| !text.is_empty())
}

/// The fields of a form of which this plan is the beginning.
pub(super) fn fields(words: &Words, plan: &Plan) -> Markup {
    let forms = words.forms;
    let is = |class| plan.class == class;
    let (from, to) = span(&plan.hours);
    let caller = plan.caller.as_ref().map_or("", |caller| caller.e164());
    let holidays: Vec<String> = plan
        .hours
        .holidays
        .iter()
        .map(ToString::to_string)
        .collect();
    let until = plan.hours.date_time(plan.expires_at).unwrap_or_default();
    let until = until.get(..16).unwrap_or_default().replace(' ', "T");
    let pace = plan.dials_per_minute.map(|pace| pace.to_string());
    html! {
        fieldset {
            legend { (forms.how_it_is_called) }
            (labelled("class", &forms.class, &html! {
                select #class name="class" aria-describedby="class-means" {
                    option value="service" selected[is(Class::Service)] { (forms.service) }
                    option value="promotional" selected[is(Class::Promotional)] { (forms.promotional) }
                }
            }))
            (input("from", &forms.from, "time", &from, true))
            (input("to", &forms.to, "time", &to, true))
            (input("zone", &forms.zone, "text", plan.hours.span.zone(), true))
            fieldset .days aria-describedby="days-means" {
                legend { (forms.days.label) }
                @for ((day, word), number) in WEEK.into_iter().zip(forms.week).zip(1..) {
                    label {
                        input type="checkbox" name="day" value=(day)
                            checked[plan.hours.weekdays.contains(&number)];
                        " " (word)
                    }
                }
                p #days-means .quiet { (forms.days.means) }
            }
            (input("holidays", &forms.holidays, "text", &holidays.join(" "), false))
            (input("until", &forms.until, "datetime-local", &until, true))
            (number("concurrency", &forms.concurrency, 1, CONCURRENCY_MAX, &plan.concurrency.to_string(), true))
            (number("pace", &forms.pace, 1, PACE_MAX, pace.as_deref().unwrap_or_default(), false))
            (number("retries", &forms.retries, 0, RETRIES_MAX.into(), &plan.retries_max.to_string(), true))
            (number("priority", &forms.priority, 0, PRIORITY_MAX.into(), &plan.priority.to_string(), true))
            (input("caller", &forms.caller, "tel", caller, false))
            (labelled("recorded", &forms.recorded, &html! {
                input #recorded type="checkbox" name="recorded" value="yes" checked[plan.recording_consent]
                    aria-describedby="recorded-means";
            }))
        }
    }
}

/// When phones ring from and until, as a browser shows the time of day: it knows no 24:00.
fn span(hours: &Hours) -> (String, String) {
    // A window is written as `10:00-19:00 Asia/Kolkata`.
    let window = hours.span.to_string();
    let span = window.split(' ').next().unwrap_or_default();
    let (from, to) = span.split_once('-').unwrap_or_default();
    (from.to_owned(), to.replace("24:00", "00:00"))
}

/// The plan that a form holds, as the API takes it.
pub(super) fn body(given: &Given) -> Map<String, Value> {
    let text = |name| text(given, name);
    let number = |name| {
        text(name).map(|text| {
            text.parse::<u64>()
                .map_or_else(|_| json!(text), Value::from)
        })
    };
    let to = text("to").unwrap_or_default();
    let to = if to == "00:00" { "24:00" } else { to };
    let hours = format!(
        "{}-{to} {}",
        text("from").unwrap_or_default(),
        text("zone").unwrap_or_default()
    );
    let days = given.iter().filter(|(name, _)| name == "day");
    let days: Vec<&str> = days.map(|(_, day)| day.as_str()).collect();
    let holidays = text("holidays").unwrap_or_default();
    let holidays: Vec<&str> = holidays
        .split([' ', ',', ';'])
        .filter(|day| !day.is_empty())
        .collect();
    let until = text("until").map(|until| {
        let span = hours.parse().ok();
        let moment = span.and_then(|span| Hours::daily(span).moment(until));
        moment.map_or_else(|| until.to_owned(), |moment| moment.to_string())
    });
    let plan = [
        ("class", text("class").map(Value::from)),
        ("hours", Some(hours.into())),
        ("days", Some(days.into())),
        ("holidays", Some(holidays.into())),
        ("concurrency", number("concurrency")),
        ("dialsPerMinute", number("pace")),
        ("retries", number("retries")),
        ("priority", number("priority")),
        ("expiresAt", until.map(Value::from)),
        ("caller", text("caller").map(Value::from)),
        ("recordingConsent", text("recorded").map(|_| true.into())),
    ];
    let plan = plan.into_iter();
    plan.filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

/// A field with its label and what it means.
pub(super) fn labelled(id: &str, field: &Field, control: &Markup) -> Markup {
    html! {
        div .field {
            label for=(id) { (field.label) }
            (control)
            p #{ (id) "-means" } .quiet { (field.means) }
        }
    }
}

/// A field into which something is written.
pub(super) fn input(id: &str, field: &Field, kind: &str, value: &str, required: bool) -> Markup {
    labelled(
        id,
        field,
        &html! {
            input #(id) type=(kind) name=(id) value=(value) required[required] autocomplete="off"
                maxlength="2000" aria-describedby={ (id) "-means" };
        },
    )
}

fn number(id: &str, field: &Field, min: u32, max: u32, value: &str, required: bool) -> Markup {
    labelled(
        id,
        field,
        &html! {
            input #(id) type="number" name=(id) value=(value) min=(min) max=(max) required[required]
                aria-describedby={ (id) "-means" };
        },
    )
}
