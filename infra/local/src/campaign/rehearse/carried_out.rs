//! A rehearsal carried out: a system of this process, the file brought to it, its campaign from the start to
//! the results.

use super::{
    super::{
        import::{self, Brought},
        pages::{Rows, path},
        results,
        shown::{self, text},
        upload::Upload,
    },
    Arguments, RETRY, RING, people,
};
use crate::{
    client::{Client, Trouble},
    remote::{Ended, Remote, Talk, ended, written},
    system::{Options, System},
};
use ::campaign::{CampaignId, Event, Hours, Plan};
use agent_setup::prompt_variables;
use anyhow::{Context, Result, bail};
use call::answers::Questionnaire;
use serde_json::{Value, json};
use settings::Env;
use simulators::{elevenlabs, knowlarity};
use std::{collections::HashMap, io::Write, time::Duration};
use store::campaigns::{Campaigns, Changed};

/// Conversations at once: as many as a laptop carries.
const AT_ONCE: u32 = 20;

/// How long a rehearsal may take: whatever is not done by then is a fault of ours.
const LIFE: Duration = Duration::from_hours(24);

/// Between two looks at how far it is.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Looks between two lines of progress where nobody watches a terminal.
const LOOKS_PER_LINE: usize = 20;

/// After the last call, until what the agent's platform tells of it is in its record.
const REPORTS_WAIT: Duration = Duration::from_secs(3);

/// Settings of the service that the rehearsal takes from the environment, so that it asks what will be asked.
const KEPT_SETTINGS: [&str; 3] = ["QUESTIONNAIRE", "AGENT_LANGUAGES", "RETRIES_MAX"];

/// A system of this process alone.
pub(super) fn options(env: &Env, questionnaire: &Questionnaire) -> Options {
    let waits = ["RETRY_BUSY", "RETRY_NO_ANSWER", "RETRY_UNREACHABLE"];
    let waits = waits.map(|name| (name.to_owned(), format!("{}s", RETRY.as_secs())));
    let mut settings = HashMap::from(waits);
    settings.insert("MAX_CONCURRENT_CALLS".to_owned(), AT_ONCE.to_string());
    let kept = KEPT_SETTINGS.iter();
    settings.extend(kept.filter_map(|name| Some(((*name).to_owned(), env.text(name)?))));
    Options {
        settings,
        knowlarity: knowlarity::Settings {
            ring: RING,
            callee: people::willing(),
            keeps_audio: false,
            ..knowlarity::Settings::default()
        },
        elevenlabs: elevenlabs::Settings {
            keeps_audio: false,
            ..elevenlabs::Settings::with_script(people::agent(questionnaire))
        },
        ..Options::default()
    }
}

pub(super) async fn carry_out(
    arguments: &Arguments,
    upload: &Upload,
    options: Options,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    let system = System::start(options).await?;
    let ended = go(arguments, upload, &system, out, talk).await;
    system.stop().await?;
    ended
}

async fn go(
    arguments: &Arguments,
    upload: &Upload,
    system: &System,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    let import = arguments.import(system)?;
    let nothing = Env::from_reader(|_| None);
    let client = Client::new(&import.remote.url, &nothing, "admin")?;
    if arguments.plan.promotional
        && let Err(trouble) = bring_dnd_list(&client, system).await
    {
        return ended(&trouble, &import.remote, talk);
    }
    let body = import::body(&import, upload)?;
    let brought = match import::bring(&client, &import, upload, &body, talk).await {
        Ok(brought) => brought,
        Err(trouble) => return ended(&trouble, &import.remote, talk),
    };
    talk.done();
    if !arguments.json {
        written(shown::import(&brought.campaign, &brought.rows, out))?;
        written(writeln!(out).and_then(|()| out.flush()))?;
    }
    variables(&brought, talk);
    if brought.campaign["state"] == "draft" {
        talk.say("there is nothing to rehearse: correct the file first");
        return Ok(Ended::Faulty);
    }
    let id = text(&brought.campaign["campaignId"]).parse()?;
    if let Err(trouble) = call_all(system, &client, id, talk).await? {
        return ended(&trouble, &import.remote, talk);
    }
    tell(arguments, &brought, id, &import.remote, out, talk).await
}

/// Promotion calls nobody without a list of those whom it may not disturb. Here nobody is disturbed, so that it
/// is an empty one.
async fn bring_dnd_list(client: &Client, system: &System) -> Result<(), Trouble> {
    let now = system.calls.now().to_string();
    let list = json!({ "asOf": now[..10], "phoneNumbers": [], "complete": true });
    client.post(functions::dnd_list::PATH, &list).await?;
    Ok(())
}

/// What columns are for the agent, and whether its prompt names them.
fn variables(brought: &Brought, talk: &mut Talk<'_>) {
    let is_variable = |column: &&Value| column["meaning"] == "variable";
    let columns = shown::list(&brought.campaign["columns"]).iter();
    let headers = columns
        .filter(is_variable)
        .map(|column| text(&column["header"]));
    let given: Vec<String> = headers.map(|header| format!("crm_{header}")).collect();
    let named = prompt_variables();
    let unnamed = given.iter().filter(|name| !named.contains(&name.as_str()));
    let unnamed: Vec<String> = unnamed.map(|name| format!("{{{{{name}}}}}")).collect();
    if !unnamed.is_empty() {
        talk.say(&format!(
            "look: {} are given to the agent, and the prompt of agent-config names none of them: it speaks of \
             them if a prompt of yours does",
            unnamed.join(", ")
        ));
    }
    for name in named.iter().filter(|name| name.starts_with("crm_")) {
        if !given.iter().any(|it| it == name) {
            talk.say(&format!(
                "look: the agent's prompt names {name}, and no column gives it"
            ));
        }
    }
}

/// Starts the campaign at once, and waits for its end.
async fn call_all(
    system: &System,
    client: &Client,
    id: CampaignId,
    talk: &mut Talk<'_>,
) -> Result<Result<(), Trouble>> {
    let plan = set_free(system, id).await?;
    let path = path(id);
    let rows = Rows::new(client, &path, Some("pending"))
        .take(usize::MAX)
        .await;
    let rows = match rows {
        Ok(rows) => rows,
        Err(trouble) => return Ok(Err(trouble)),
    };
    let carrier = system
        .knowlarity
        .as_ref()
        .context("the carrier is not simulated")?;
    for row in rows {
        let (number, phone) = (row["row"].as_u64().unwrap_or(0), text(&row["phoneNumber"]));
        carrier.expect_at(phone, people::dials(number, phone, plan.dials_max()));
    }
    Ok(watch(client, &path, talk).await)
}

/// Lets it ring at any hour and as fast as this machine can.
async fn set_free(system: &System, id: CampaignId) -> Result<Plan> {
    let campaigns = Campaigns::of(&system.calls);
    let campaign = campaigns.store.campaign(id).await?;
    let campaign = campaign.context("the campaign is gone")?;
    let zone = campaign.plan.hours.span.zone();
    let span = match campaign.plan.class.bounds() {
        Some(bounds) => bounds,
        None => format!("00:00-24:00 {zone}").parse()?,
    };
    let plan = Plan {
        hours: Hours::daily(span),
        concurrency: AT_ONCE,
        dials_per_minute: None,
        expires_at: system.calls.now() + LIFE,
        ..campaign.plan
    };
    let event = Event::PlanChanged {
        plan: Box::new(plan.clone()),
    };
    match campaigns.apply(id, &event).await? {
        Changed::Applied { .. } => Ok(plan),
        Changed::Unchanged { reason, .. } => bail!("the plan: {reason}"),
        Changed::NoSuchCampaign => bail!("the campaign is gone"),
    }
}

async fn watch(client: &Client, path: &str, talk: &mut Talk<'_>) -> Result<(), Trouble> {
    client.post(&format!("{path}/start"), &json!({})).await?;
    for look in 0_usize.. {
        let campaign = client.get(path).await?;
        let standing = shown::standing(&campaign);
        if text(&campaign["state"]) != "running" {
            break;
        }
        if look % LOOKS_PER_LINE == 0 {
            talk.now_and_then(&standing);
        }
        talk.progress(&standing);
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    tokio::time::sleep(REPORTS_WAIT).await;
    Ok(())
}

/// Says what came of it and writes it.
async fn tell(
    arguments: &Arguments,
    brought: &Brought,
    id: CampaignId,
    remote: &Remote,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    talk.done();
    let asked = results::Arguments {
        id,
        out: Some(arguments.place()),
        force: arguments.force,
        rehearsed: true,
        remote: remote.clone(),
    };
    let nothing = Env::from_reader(|_| None);
    let ended = results::results(&asked, &nothing, out, talk).await?;
    if ended != Ended::Done {
        return Ok(ended);
    }
    talk.say("results will look like this; these are made up, and marked TEST in each row");
    Ok(brought.ended())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_vendor_that_the_environment_names_is_asked() {
        let env = Env::from_reader(|name| Some(format!("https://{name}.example.org")));
        let options = options(&env, &Questionnaire::default());
        assert!(!options.reads_environment && options.data.is_none());
        let mut names: Vec<&str> = options.settings.keys().map(String::as_str).collect();
        names.sort_unstable();
        let expected = [
            "AGENT_LANGUAGES",
            "MAX_CONCURRENT_CALLS",
            "QUESTIONNAIRE",
            "RETRIES_MAX",
            "RETRY_BUSY",
            "RETRY_NO_ANSWER",
            "RETRY_UNREACHABLE",
        ];
        assert_eq!(names, expected);
    }
}
