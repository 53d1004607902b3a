//! Reading dial requests, and writing a stream's first message.

use super::settings::{Settings, Variant};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

/// Longest metadata of a flow, in bytes.
const METADATA_BYTES_MAX: usize = 1_024;

/// What a dial asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Order {
    pub(super) number: String,
    pub(super) ours: String,
    pub(super) stream_url: String,
    /// The metadata as text, verbatim for `ivr_flow`.
    pub(super) metadata: String,
    /// Whether the stream node asks for 8 kHz instead of 16.
    pub(super) is_narrow: bool,
}

impl Order {
    /// Every how many samples of 16 kHz one is sent.
    pub(super) fn uplink_step(&self) -> usize {
        if self.is_narrow { 2 } else { 1 }
    }
}

/// Reads the body of the `ivr_flow` dialect.
pub(super) fn ivr_flow(body: &Value) -> Result<Order, &'static str> {
    if body["direct_connect"] != true {
        return Err("direct_connect as true");
    }
    let nodes = body["ivr_flow"]["flow"]["nodes"]
        .as_array()
        .ok_or("ivr_flow.flow.nodes")?;
    let [welcome, stream] = nodes.as_slice() else {
        return Err("two nodes");
    };
    let is_welcome = welcome["type"] == "play"
        && welcome["audio"]["type"] == "tts"
        && welcome["audio"]["text"]
            .as_str()
            .is_some_and(|text| !text.is_empty())
        && welcome["audio"]["language"].is_string()
        && welcome["next"] == stream["id"];
    if !is_welcome {
        return Err("a play node that leads to the stream node");
    }
    let config = &stream["config"];
    if stream["type"] != "stream" || !matches!(config["sampling_rate"].as_str(), Some("16k" | "8k"))
    {
        return Err("a stream node with sampling_rate 16k or 8k");
    }
    let metadata = config["metadata"].as_str().ok_or("metadata as a string")?;
    if metadata.len() > METADATA_BYTES_MAX || metadata.contains(['\n', '\r']) {
        return Err("metadata on one line of at most 1 KiB");
    }
    if serde_json::from_str::<Value>(metadata).is_err() {
        return Err("metadata as JSON in a string");
    }
    let url = config["wss_url"].as_str().ok_or("wss_url")?;
    if !(url.starts_with("wss://") || url.starts_with("ws://")) {
        return Err("wss_url that begins with wss:// or ws://");
    }
    Ok(Order {
        is_narrow: config["sampling_rate"] == "8k",
        ..order(body, url.to_owned(), metadata.to_owned())?
    })
}

/// Reads the body of the `kapps_ivr` dialect.
pub(super) fn kapps_ivr(
    body: &Value,
    settings: &Settings,
    call_id: &str,
) -> Result<Order, &'static str> {
    if !body["ivr_id"].is_string() {
        return Err("ivr_id");
    }
    if !matches!(body["is_promotional"].as_str(), Some("true" | "false")) {
        return Err("is_promotional as a string");
    }
    if !body["metadata"].is_object() {
        return Err("metadata as an object");
    }
    let base = settings
        .kapps_stream_url
        .as_deref()
        .ok_or("a configured stream")?;
    order(
        body,
        format!("{base}/{call_id}_0"),
        body["metadata"].to_string(),
    )
}

fn order(body: &Value, stream_url: String, metadata: String) -> Result<Order, &'static str> {
    let number = |key: &str| body[key].as_str().filter(|text| text.starts_with('+'));
    number("caller_id").ok_or("caller_id with +")?;
    Ok(Order {
        number: number("customer_number")
            .ok_or("customer_number with +")?
            .to_owned(),
        ours: number("k_number").ok_or("k_number with +")?.to_owned(),
        stream_url,
        metadata,
        is_narrow: false,
    })
}

/// The same message of a stream that opens while the phone rings; forms other than an object stay as
/// they are.
pub(super) fn ringing(first: &str) -> String {
    let Ok(Value::Object(mut object)) = serde_json::from_str(first) else {
        return first.to_owned();
    };
    object.insert("call_status".to_owned(), Value::from("ringing"));
    Value::Object(object).to_string()
}

/// The stream's first text message, if the account sends one.
pub(super) fn first_message(variant: Variant, order: &Order, call_id: &str) -> Option<String> {
    let encoded = utf8_percent_encode(&order.metadata, NON_ALPHANUMERIC).to_string();
    let own: Value = serde_json::from_str(&order.metadata).unwrap_or_default();
    let (ours, callee) = (&order.ours, &order.number);
    let plain = json!({ "callid": call_id, "virtual_number": ours, "customer_number": callee,
        "metadata": own });
    Some(match variant {
        Variant::OwnMetadata => order.metadata.clone(),
        Variant::StrictJson => {
            let custom = own["client_meta_id"].clone();
            let ivr_data = json!({ "client_data": order.metadata, "client_custom_id": custom });
            json!({ "ivr_data": ivr_data.to_string(), "callid": call_id, "virtual_number": ours,
                "customer_number": callee, "event_timestamp": 1_793_400_000_000_u64 })
            .to_string()
        }
        Variant::PythonDict => format!(
            "{{'callid': '{call_id}', 'virtual_number': '{ours}', 'customer_number': '{callee}', \
             'metadata': '{encoded}', 'retry': False, 'note': None}}"
        ),
        Variant::DoubleEncoded => Value::String(plain.to_string()).to_string(),
        Variant::Bom => format!("\u{feff}  {plain}\r\n"),
        Variant::InnerText => json!({ "callid": call_id, "metadata": encoded }).to_string(),
        Variant::OtherKeys => json!({ "uuid": call_id, "sample_rate": 16_000, "from": callee,
            "to": ours, "campaign": "", "metadata": own })
        .to_string(),
        Variant::NoText => return None,
    })
}
