//! Reasons in Hindi.

use super::{Reasons, refusals};
use call::dialling::{BURST, Cause, Held, Vendor};
use campaign::{Blocked, Campaign, PausedBy, Reason, Wait, grouped};

pub(in crate::page::words) const HINDI: Reasons = Reasons {
    held,
    sentence,
    wait,
    fault: |reason| fault(reason).to_owned(),
    same_as: "वही मरीज़ जो पंक्ति {row} में है: इस पंक्ति को कॉल नहीं होगी; दोनों में से एक हटाएँ",
    opted_out: "इस नंबर को कॉल नहीं चाहिए, इसलिए नहीं होगी; पंक्ति हटाएँ",
    listed: "यह नंबर डू-नॉट-डिस्टर्ब सूची में है, इसलिए प्रचार कॉल नहीं होगी; पंक्ति हटाएँ",
    file,
    error: refusals::hindi,
};

fn held(by: Held) -> String {
    let Held::Vendor(vendor, cause) = by else {
        return "ऑपरेटर ने सभी डायल रोके हैं".to_owned();
    };
    let cannot = match vendor {
        Vendor::Carrier => "टेलीफ़ोन कंपनी कॉल नहीं ले रही",
        Vendor::Agent => "एआई एजेंट उपलब्ध नहीं है",
    };
    let because = match cause {
        Cause::Auth => "हमारी कुंजी अस्वीकार हुई",
        Cause::Balance => "खाते में पैसे नहीं हैं",
        Cause::Account => "खाता या योजना समाप्त या निलंबित है",
        Cause::Configuration => "सेटिंग ग़लत है",
        Cause::Quota => "कोटा समाप्त हो गया",
        Cause::Burst => "लगातार कई बार विफल",
    };
    format!("{cannot}: {because}")
}

fn sentence(campaign: &Campaign, wait: Wait, left: u32) -> String {
    format!("{}; {} बाकी", self::wait(campaign, wait), grouped(left))
}

fn wait(campaign: &Campaign, wait: Wait) -> String {
    let hours = &campaign.plan.hours;
    match wait {
        Wait::NotStarted(_) => "अभियान अभी शुरू नहीं हुआ".to_owned(),
        Wait::Paused(PausedBy::Person) => "किसी ने रोका है".to_owned(),
        Wait::Paused(PausedBy::Refusals) => format!(
            "रुका हुआ, क्योंकि टेलीफ़ोन कंपनी ने लगातार {BURST} डायल अस्वीकार किए: देखें वह क्या कहती है, फिर शुरू करें"
        ),
        Wait::Over(_) | Wait::Row(_) => "समाप्त".to_owned(),
        Wait::Expired => "अभियान की समय सीमा समाप्त".to_owned(),
        Wait::Resting { until: Some(until) } => {
            let until = hours.clock(until);
            format!("विराम, इस समय फ़ोन नहीं बज सकते; फिर शुरू: {until}")
        }
        Wait::Resting { until: None } => {
            let end = hours.clock(campaign.plan.expires_at);
            format!("विराम; अभियान की समाप्ति ({end}) से पहले कोई फ़ोन नहीं बज सकता")
        }
        Wait::Blocked(blocked) => self::blocked(blocked).to_owned(),
        Wait::NumberBusy { with } => {
            format!("पंक्ति {with} का नंबर यही है और उसे पहले कॉल होगी")
        }
        Wait::Full => "अभियान की जितनी कॉल एक साथ हो सकती हैं, उतनी चल रही हैं".to_owned(),
        Wait::Paced => "इस मिनट में जितने डायल हो सकते हैं, हो चुके".to_owned(),
    }
}

const fn blocked(by: Blocked) -> &'static str {
    match by {
        Blocked::Carrier => "रुका हुआ, टेलीफ़ोन कंपनी काम नहीं कर पा रही",
        Blocked::Agent => "रुका हुआ, एजेंट काम नहीं कर पा रहा",
        Blocked::Operator => "रुका हुआ, ऑपरेटर ने सभी डायल रोके हैं",
        Blocked::Channels => "रुका हुआ, सभी चैनल व्यस्त हैं",
        Blocked::DndList => "रुका हुआ, प्रचार कॉल के लिए डू-नॉट-डिस्टर्ब सूची नहीं है या पुरानी है: नई लाएँ",
    }
}

const fn fault(reason: Reason) -> &'static str {
    match reason {
        Reason::PhoneMissing => "फ़ोन नंबर नहीं है; लिखें, या पंक्ति हटाएँ",
        Reason::PhoneLetters => "यह फ़ोन नंबर नहीं है; खाने में केवल अंक और उनसे पहले + रखें",
        Reason::PhoneLength => {
            "अंक बहुत कम या बहुत अधिक हैं; भारतीय नंबर के दस अंक लिखें, या + और दूसरे देश का कोड"
        }
        Reason::LostDigits => {
            "Excel ने अंतिम अंक हटा दिए हैं; कॉलम को टेक्स्ट बनाएँ, फिर पूरा नंबर दोबारा लिखें"
        }
        Reason::DateForNumber => "यह तारीख़ है, फ़ोन नंबर नहीं; नंबर लिखें; देखें कि पंक्ति के कॉलम खिसके तो नहीं",
        Reason::SeveralNumbers => "खाने में एक से अधिक नंबर हैं; जिसे कॉल करनी है वही रखें",
        Reason::NameMissing => "नाम नहीं है; लिखें: एजेंट मरीज़ को नाम से पूछता है",
        Reason::NameUnfit => "नाम में पंक्ति-विराम है या 200 से अधिक अक्षर हैं; खाने में केवल नाम रखें",
        Reason::PatientIdUnfit => "मरीज़ की आईडी में पंक्ति-विराम है या 128 से अधिक अक्षर हैं; केवल आईडी लिखें",
        Reason::TreatmentUnfit => "इलाज में पंक्ति-विराम है या 200 से अधिक अक्षर हैं; छोटा करें",
        Reason::LanguageUnknown => "यह भाषा कोई एजेंट नहीं बोलता; hi या en लिखें, या खाना खाली रखें",
        Reason::VariableMissing => "एजेंट को यह चाहिए और खाना खाली है; भरें",
        Reason::VariablesTooLong => {
            "एजेंट को दिए जाने वाले कॉलमों में इस पंक्ति में 8 KB से अधिक है; छोटा करें, या अनावश्यक कॉलम हटाएँ"
        }
        Reason::FormulaFailed => "इस खाने का सूत्र विफल हुआ; सूत्र ठीक करें, या मान ही लिखें",
        Reason::NoHeader => {
            "इस मान के ऊपर कोई शीर्षक नहीं; कॉलम को शीर्षक दें, या देखें कि पंक्ति के खाने खिसके तो नहीं"
        }
        Reason::ConsentMissing => {
            "प्रचार कॉल के लिए मरीज़ की सहमति का स्रोत, समय, उद्देश्य और शब्द चाहिए; चारों कॉलम भरें, या पंक्ति हटाएँ"
        }
    }
}

fn file(code: &str) -> Option<&'static str> {
    Some(match code {
        "no_header_row" => "पहली पंक्ति में कॉलमों के नाम नहीं हैं: ऊपर एक पंक्ति जोड़ें",
        "missing_column" => "एक ज़रूरी कॉलम नहीं है: उसे शीर्षक दें",
        "several_columns" => "कई कॉलमों का एक ही अर्थ हो सकता है: एक को छोड़कर बाकी के नाम बदलें",
        "header_twice" => "एक शीर्षक दो बार है: एक का नाम बदलें",
        "missing_variable" => "एजेंट को जो कॉलम चाहिए वह नहीं है: जोड़ें",
        "too_many_variables" => "एजेंट के लिए बहुत अधिक कॉलम हैं: अनावश्यक हटाएँ",
        "header_unfit" => "एक शीर्षक बहुत लंबा है या उसमें पंक्ति-विराम है: छोटा करें",
        "no_such_column" => "डायल करने के लिए जो कॉलम बताया गया वह नहीं है",
        "no_rows" => "शीर्षक के नीचे कोई पंक्ति नहीं है",
        "empty_file" => "फ़ाइल खाली है",
        "password" => "फ़ाइल पर पासवर्ड है: बिना पासवर्ड सहेजें",
        "legacy_xls" | "other_format" | "damaged" => "फ़ाइल पढ़ी नहीं जा सकती: उसे .xlsx के रूप में सहेजें",
        "not_utf8" => "अक्षर पढ़े नहीं जा सकते: फ़ाइल को CSV UTF-8 या .xlsx के रूप में सहेजें",
        "no_such_sheet" | "no_sheet" => "ऐसी कोई शीट नहीं है",
        "too_large" | "too_many_rows" | "too_many_columns" | "cell_too_long" => {
            "फ़ाइल बहुत बड़ी है: उसे बाँटें"
        }
        _ => return None,
    })
}
