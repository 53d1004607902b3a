//! Why a request is refused, in Hindi: by the field that is wrong, or by what stands against it.

use crate::{
    http::ApiError,
    page::words::{Field, Words},
};
use campaign::Rejection;

/// The reason of a person who looks at the page. What only a program meets stays in English.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "most of what the API answers is for programs alone"
)]
pub(super) fn hindi(words: &Words, error: &ApiError) -> String {
    let says = match error {
        ApiError::Invalid(violation) => {
            return match field(words, &violation.field) {
                Some(field) => format!("{}: {} {}", field.label, "यह मान्य नहीं।", field.means),
                None => format!("यह मान मान्य नहीं: {error}"),
            };
        }
        ApiError::CampaignState(rejection) => rejected(*rejection),
        ApiError::NoSuchCall => "ऐसी कोई कॉल नहीं है।",
        ApiError::NoSuchCampaign => "ऐसा कोई अभियान नहीं है।",
        ApiError::NoSuchRoute => words.no_such_view,
        ApiError::Ended { .. } => "कॉल पहले ही समाप्त हो चुकी है।",
        ApiError::PartsMissing(_) => "फ़ाइल के कुछ भाग नहीं पहुँचे: फ़ाइल फिर लाएँ।",
        ApiError::PartChanged => "इस भाग में पहले कुछ और भेजा गया था: दूसरी फ़ाइल के लिए दूसरा अभियान बनाएँ।",
        ApiError::FileDiffers(_) => "फ़ाइल का आकार वह नहीं जो बताया गया था: उसे फिर लाएँ।",
        ApiError::Stale => "इस बीच अभियान बदल गया है: उसे फिर देखें, और बदलाव दोबारा करें।",
        ApiError::TooLarge(_) => "यह बहुत बड़ा है।",
        ApiError::RateLimited { .. } => "एक मिनट में बहुत अधिक अनुरोध: थोड़ी देर बाद फिर करें।",
        ApiError::Unavailable => "सेवा अभी उपलब्ध नहीं है: थोड़ी देर बाद फिर करें।",
        ApiError::Internal => "यह अनुरोध पूरा नहीं हो सका।",
        _ => return error.to_string(),
    };
    says.to_owned()
}

/// The field of a form that the API calls so.
fn field<'a>(words: &'a Words, name: &str) -> Option<&'a Field> {
    let forms = words.forms;
    Some(match name.strip_prefix("plan.").unwrap_or(name) {
        "name" => &forms.name,
        "class" => &forms.class,
        "hours" => &forms.zone,
        "concurrency" => &forms.concurrency,
        "dialsPerMinute" => &forms.pace,
        "retries" => &forms.retries,
        "priority" => &forms.priority,
        "expiresAt" => &forms.until,
        "caller" => &forms.caller,
        "recordingConsent" => &forms.recorded,
        "phoneColumn" => &forms.phone_column,
        "file.sheet" => &forms.sheet,
        "file.delimiter" => &forms.delimiter,
        "number" => &forms.number,
        other if other.starts_with("days") => &forms.days,
        other if other.starts_with("holidays") => &forms.holidays,
        other if other.starts_with("file") => &forms.file,
        _ => return None,
    })
}

const fn rejected(rejection: Rejection) -> &'static str {
    match rejection {
        Rejection::AlreadyApplied => "ऐसा पहले से है।",
        Rejection::NotDue => "अभी समय नहीं हुआ।",
        Rejection::NotImported(_) => "पहले फ़ाइल पढ़ी जानी चाहिए।",
        Rejection::NotStarted => "अभियान शुरू नहीं हुआ है।",
        Rejection::IsPaused => "अभियान रुका हुआ है: उसे फिर शुरू करें।",
        Rejection::HasRows => "अभियान में पंक्तियाँ हैं: दूसरी फ़ाइल के लिए दूसरा अभियान बनाएँ।",
        Rejection::Over(_) => "अभियान समाप्त है और ऐसा ही रहेगा।",
        Rejection::PastEnd => "अभियान की समय सीमा समाप्त है: पहले बाद की समाप्ति चुनें।",
        Rejection::NothingFailed => "कोई पंक्ति विफल नहीं हुई।",
        Rejection::NoSuchRound => "दौर एक के बाद एक होते हैं।",
        Rejection::ClassFixed => "पंक्तियाँ दूसरे प्रकार की कॉल के लिए पढ़ी गई हैं: दूसरा अभियान बनाएँ।",
        Rejection::RoundsSpent => "विफल पंक्तियों को अधिकतम बार कॉल हो चुकी है।",
        Rejection::InvalidCaller(_) => "योजना का दिखने वाला नंबर मान्य नहीं है।",
        Rejection::InvalidPlan(_) => "यह योजना पूरी नहीं हो सकती।",
    }
}
