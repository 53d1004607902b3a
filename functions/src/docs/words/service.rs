//! Words of the service: what holds phones back, whom it tells, what it could not read.

use super::Words;

pub(super) const WORDS: &[Words] = &[
    (
        "Hindrance",
        &[
            ("no_connection", "the carrier cannot be reached"),
            ("rate_limited", "the carrier asks for patience"),
            (
                "channels_busy",
                "every channel of the plan is busy, as the carrier sees it",
            ),
            ("auth", "the carrier refuses the credentials"),
            ("balance", "the account has no money left"),
            (
                "account",
                "the account or its plan has ended or is suspended",
            ),
            ("too_late", "the process that was to dial was too late"),
        ],
    ),
    (
        "AgentFault",
        &[
            (
                "configuration",
                "the agent, its key or what it is sent is set up wrongly",
            ),
            ("quota", "the platform's quota is used up"),
            ("busy", "every conversation of the plan is taken"),
            ("outage", "trouble of the platform's, or of the way to it"),
        ],
    ),
    (
        "Cause",
        &[
            ("auth", "credentials are refused"),
            ("balance", "the account has no money left"),
            (
                "account",
                "the account or its plan has ended or is suspended",
            ),
            (
                "configuration",
                "the agent, its key or what it is sent is set up wrongly",
            ),
            ("quota", "the platform's quota is used up"),
            ("burst", "trouble that may pass, several times in a row"),
        ],
    ),
    (
        "Source",
        &[
            ("mcp", "a tool of the MCP server"),
            ("webhook_tool", "the same tool as a webhook"),
            (
                "client_tool",
                "the same tool over the conversation's own socket",
            ),
            (
                "post_call",
                "the platform read it out of the conversation afterwards",
            ),
        ],
    ),
    (
        "Target",
        &[
            ("callback", "the `callbackUrl` of the call"),
            ("monitoring", "`MONITORING_WEBHOOK_URL`"),
        ],
    ),
    (
        "ReportSource",
        &[
            ("webhook", "the platform sent it"),
            ("fetched", "it was asked for, because nothing came"),
        ],
    ),
    (
        "UnknownKind",
        &[
            ("carrier_status", "a carrier's report with an unknown word"),
            ("carrier_report", "a carrier's report that cannot be read"),
            (
                "carrier_call",
                "a carrier's report of a call that nobody knows",
            ),
            ("stream_text", "a text on the carrier's stream"),
            (
                "agent_type",
                "a message of the platform with an unknown type",
            ),
            (
                "agent_message",
                "a message of the platform that cannot be read",
            ),
        ],
    ),
];
