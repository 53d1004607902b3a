//! Words of a call: where it stands, how it went, who said what.

use super::Words;

pub(super) const WORDS: &[Words] = &[
    (
        "CallState",
        &[
            ("initiating", "waits for its first or its next dial"),
            ("dialing", "the carrier rings the phone, or is about to"),
            ("connected", "answered; the audio stream opens"),
            ("active", "patient and agent talk"),
            ("disconnected", "the audio was lost and may come back"),
            ("completed", "ended as intended; final"),
            ("failed", "ended without a conversation that counts; final"),
        ],
    ),
    (
        "EndCause",
        &[
            ("agent_ended", "completed: the agent said goodbye"),
            ("callee_hung_up", "completed: the patient hung up"),
            (
                "carrier_ended",
                "completed: the agent spoke, and the carrier reported the end",
            ),
            (
                "max_duration",
                "completed: the longest conversation was reached",
            ),
            (
                "callee_silent",
                "completed: the patient said nothing for long",
            ),
            (
                "transferred",
                "completed: the patient was handed over to a person",
            ),
            (
                "busy",
                "failed: busy in the last attempt, and no retries are left",
            ),
            ("no_answer", "failed: nobody answered in the last attempt"),
            (
                "unreachable",
                "failed: switched off or out of reach in the last attempt",
            ),
            ("agent_unavailable", "failed: no agent could be had"),
            (
                "connection_lost",
                "failed: the audio was lost and did not come back",
            ),
            (
                "carrier_error",
                "failed: the carrier could not place the call",
            ),
            (
                "invalid_number",
                "failed: the carrier says that the number does not exist",
            ),
            (
                "do_not_disturb",
                "failed: the number is registered as do-not-disturb",
            ),
            ("rejected", "failed: the call was declined or refused"),
            ("opted_out", "failed: the number wants no calls"),
            ("cancelled", "failed: the API asked to stop"),
            ("expired", "failed: it became too late"),
        ],
    ),
    (
        "AttemptState",
        &[
            ("intent", "stored, and no request to dial has left"),
            ("dispatched", "the request to dial may have left"),
            ("accepted", "the carrier took the call"),
            (
                "not_sent",
                "nothing was dialled; the same attempt is sent again",
            ),
            (
                "unknown",
                "the carrier gave no readable answer: the phone may ring; never sent again",
            ),
            ("closed", "over, with an outcome"),
        ],
    ),
    (
        "Voice",
        &[
            ("agent", "the agent's, also while the patient talks over it"),
            (
                "callee",
                "the patient's, or another sound on the line as loud as speech",
            ),
            ("nobody", "a pause, or a line of the service's own"),
        ],
    ),
    (
        "AudioState",
        &[
            ("clean", "nothing was lost"),
            ("gaps", "`gaps` says what was lost"),
            ("carried", "the conversation goes on; the report follows"),
            (
                "no_report",
                "nobody knows: the relay died with it, or could not store the report",
            ),
        ],
    ),
    (
        "AudioTo",
        &[
            ("callee", "the patient did not hear the agent"),
            ("agent", "the agent did not hear the patient"),
        ],
    ),
    (
        "GapReason",
        &[
            (
                "under_run",
                "the agent's reply came too slowly, with a pause in the middle of it",
            ),
            (
                "stream_lost",
                "the carrier's stream was lost, until one carried on",
            ),
            (
                "stream_replaced",
                "a later stream took the place of a living one, with what it had not played yet",
            ),
            (
                "agent_lost",
                "the agent was lost, until another was ready; a line of the relay's is heard meanwhile",
            ),
            (
                "backlog_dropped",
                "no agent was ready for longer than the patient's words are kept for it",
            ),
            (
                "cut_off",
                "the agent's words were broken off, because the relay had to end the call",
            ),
        ],
    ),
    (
        "OutcomeWord",
        &[
            ("answered", "the conversation took place"),
            ("busy", "the line was busy"),
            ("no_answer", "nobody answered"),
            ("unreachable", "switched off or out of reach"),
            (
                "agent_unavailable",
                "answered, but no agent could be reached",
            ),
            ("connection_lost", "answered, but the audio was lost"),
            (
                "carrier_error",
                "the carrier failed for a reason that is not the number's",
            ),
            (
                "refused",
                "the carrier refused to dial; `refusalReason` says why",
            ),
            (
                "callback_agreed",
                "answered, and to be called again at an agreed time",
            ),
            ("cancelled", "the call was cancelled meanwhile"),
            ("not_dialled", "the call ended before the dial was sent"),
        ],
    ),
    (
        "RefusalReason",
        &[
            (
                "invalid_number",
                "the number does not exist or is malformed",
            ),
            (
                "do_not_disturb",
                "the number is registered as do-not-disturb",
            ),
            ("rejected", "any other clear no"),
        ],
    ),
    (
        "Actor",
        &[
            ("api", "a client of the API"),
            ("dialer", "the process that places dials"),
            ("carrier", "Knowlarity"),
            ("relay", "the media relay"),
            ("agent", "the agent, through a tool"),
            ("sweep", "a deadline passed"),
        ],
    ),
    (
        "Speaker",
        &[("agent", "the AI agent"), ("callee", "who picked up")],
    ),
    (
        "RecordingState",
        &[
            (
                "none",
                "nothing was recorded, without consent or because nobody was heard",
            ),
            (
                "pending",
                "the call is not over, or its end is being stored",
            ),
            ("ready", "it can be heard; another attempt may add to it"),
            ("erased", "the consent was withdrawn"),
        ],
    ),
];
