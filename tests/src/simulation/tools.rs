//! What the agent does with its tools while it talks: over HTTP, in a process of the API, or over the
//! conversation's own socket, in the relay's.

use super::{
    crm,
    history::{Answering, Fact},
    process::Process,
    world::World,
};
use access::Talk;
use agent_tools::{ToolUse, live};
use call::answers::Source;
use serde_json::{Map, Value, json};
use std::{sync::Arc, time::Duration};

/// Calls of one tool before the agent gives up on it: the repeat comes in the same turn.
const TRIES_MAX: usize = 2;

/// How long the relay lets a tool run.
const TOOL_TIMEOUT: Duration = Duration::from_secs(10);

/// What the patient says in one turn, and the agent notes.
pub(super) async fn save_answer(process: Arc<Process>, talk: Talk, turn: u32) {
    let world = &process.world;
    let field = world.dice.pick(&[(1, "age"), (1, "severity")]);
    let said = Answering {
        call: talk.call,
        field,
        value: 1 + world.dice.below(10),
        place: (talk.attempt, talk.conversation, turn),
    };
    world.note(Fact::Answering(said));
    let arguments = json!({ "field": field, "value": said.value });
    for _ in 0..TRIES_MAX {
        let answer = if world.dice.chance(500) {
            over_http(world, talk, turn, &arguments).await
        } else {
            over_socket(&process, talk, turn, &arguments).await
        };
        if let Some(answer) = answer {
            if answer["saved"] == true {
                world.note(Fact::Saved(said));
            }
            return;
        }
    }
}

/// What the tool says; nothing if it failed or its answer was lost.
async fn over_http(world: &Arc<World>, talk: Talk, turn: u32, arguments: &Value) -> Option<Value> {
    let until = world.now() + Duration::from_secs(3_600);
    let bearer = format!("Bearer {}", world.tokens.answer_token(talk, until));
    let turn = turn.to_string();
    let headers = [("authorization", bearer.as_str()), ("x-agent-turn", &turn)];
    let path = "/api/tools/save_patient_response";
    match crm::ask(world, "POST", path, &headers, arguments).await {
        Some((200, answer)) => Some(answer),
        // A call that is to be erased is not there any more.
        Some((404, _)) => Some(Value::Null),
        None | Some((503, _)) => None,
        Some((status, answer)) => {
            world.note(Fact::Wrong(format!(
                "a tool was answered {status}: {answer}"
            )));
            Some(Value::Null)
        }
    }
}

async fn over_socket(process: &Process, talk: Talk, turn: u32, arguments: &Value) -> Option<Value> {
    let (app, name) = (process.app(), "save_patient_response");
    let arguments = arguments.as_object().cloned().unwrap_or_default();
    let (calls, questions) = (&app.calls, &app.questionnaire);
    let run = agent_tools::run(calls, questions, by(talk, turn), name, arguments);
    process.run(within(run)).await?.ok()
}

/// Agrees to call again.
pub(super) async fn agree_callback(process: Arc<Process>, talk: Talk, turn: u32) {
    let world = &process.world;
    let at = process.calls().now() + world.dice.millis(5_000, 60_000);
    world.note(Fact::Agreed(talk.call, at));
    let arguments = json!({ "time": at.to_string() });
    live_tool(&process, talk, turn, "schedule_callback", &arguments).await;
}

/// Notes that the patient wants no more calls.
pub(super) async fn opt_out(process: Arc<Process>, phone: String, talk: Talk, turn: u32) {
    if live_tool(&process, talk, turn, "opt_out", &json!({})).await {
        process.world.note(Fact::OptedOut(phone));
    }
}

/// Whether the tool said that it is done. One that fails is told so, and the agent asks again or not.
async fn live_tool(
    process: &Process,
    talk: Talk,
    turn: u32,
    name: &str,
    arguments: &Value,
) -> bool {
    let calls = process.calls();
    let arguments: Map<_, _> = arguments.as_object().cloned().unwrap_or_default();
    let run = async {
        let request = calls.store.request(talk.call).await.ok().flatten()?;
        live::run(&calls, &request, by(talk, turn), name, &arguments).await
    };
    let run = tokio::time::timeout(TOOL_TIMEOUT, run);
    matches!(process.run(run).await, Some(Ok(Some(Ok(_)))))
}

const fn by(talk: Talk, turn: u32) -> ToolUse {
    ToolUse {
        talk,
        source: Source::ClientTool,
        turn: Some(turn),
    }
}

/// What a tool says in time, if it says anything.
async fn within<T, E>(run: impl Future<Output = Result<T, E>>) -> Result<T, ()> {
    match tokio::time::timeout(TOOL_TIMEOUT, run).await {
        Ok(Ok(said)) => Ok(said),
        Ok(Err(_)) | Err(_) => Err(()),
    }
}
