//! Finance says how a cause counts: a form, what it would change, and only then the change.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use crate::console::enum_params;
use crate::console::error_page::{Problem, words as told};
use crate::console::format;
use crate::console::pages::movement::explained;
use crate::console::pages::movements::SUBCATEGORIES;
use crate::console::params::Fields;
use crate::console::parts::page::{Tab, answer, token};
use crate::console::parts::waterfall_delta;
use crate::console::routes;
use crate::console::signed_in::Visit;
use crate::grpc::v1;

const TYPES: [(&str, &str); 3] = [
    ("NEW_OR_CHURN", "New or churn"),
    ("UPSELL_OR_DOWNSELL", "Upsell or downsell"),
    ("IGNORED", "Ignored: kept out of the impact totals, at both levels"),
];

/// Instead of a type: what finance said is taken back.
const CLEAR: &str = "CLEAR";

/// What the form is about.
struct Subject {
    id: String,
    movement: v1::Movement,
    summary: String,
    /// Those that an override can be for.
    causes: Vec<v1::Cause>,
    /// What finance has said about them.
    overrides: Vec<v1::Override>,
}

pub(in crate::console) async fn show(visit: Visit, Path(id): Path<String>, mut fields: Fields) -> Response {
    let body = async {
        let subject = Subject::of(&visit, &id).await?;
        fields.or("levels", format::level_name(subject.movement.level));
        Ok(form(&visit, &subject, &fields, None))
    };
    let body = body.await;
    answer(&visit, "Count it otherwise", Tab::Movements, body)
}

/// Shows what would change; or changes it, and goes to what stands then.
pub(in crate::console) async fn send(visit: Visit, Path(id): Path<String>, fields: Fields) -> Response {
    match sent(&visit, &id, &fields).await {
        Ok(Sent::Page(body)) => answer(&visit, "Count it otherwise", Tab::Movements, Ok(body)),
        Ok(Sent::Done(next)) => Redirect::to(&next).into_response(),
        Err(problem) => problem.into_page(Some(&visit)),
    }
}

enum Sent {
    Page(Markup),
    Done(String),
}

async fn sent(visit: &Visit, id: &str, fields: &Fields) -> Result<Sent, Problem> {
    visit.check(fields.one("token"))?;
    let subject = Subject::of(visit, id).await?;
    let is_confirmed = fields.one("step") == "confirm";
    match ask(visit, &subject, fields, !is_confirmed).await {
        Ok((_, effect)) if is_confirmed => {
            visit.tell("The override is recorded. What stands now is here.");
            Ok(Sent::Done(subject.next(&effect)))
        }
        Ok((over, effect)) => Ok(Sent::Page(preview(visit, &subject, fields, &over, &effect))),
        Err(status) => Ok(Sent::Page(form(visit, &subject, fields, Some(&told(&status))))),
    }
}

/// What the services say to the form: the override as it would be or is, and what it changes.
async fn ask(
    visit: &Visit,
    subject: &Subject,
    fields: &Fields,
    validate_only: bool,
) -> Result<(v1::Override, v1::OverrideEffect), tonic::Status> {
    let customer_id = subject.movement.customer_id.clone();
    let cause = fields.one("cause").parse().ok().and_then(|place: usize| subject.causes.get(place)).cloned();
    let reason = fields.one("reason").to_owned();
    // What was shown is what is changed: with nothing in between.
    let expected_revision = fields.one("expected").parse().ok();
    let request_id = String::new();
    let (over, effect) = if fields.one("type") == CLEAR {
        let request =
            v1::ClearOverrideRequest { customer_id, cause, reason, expected_revision, validate_only, request_id };
        let done = visit.finance().clear_override(request).await?.into_inner();
        (done.r#override, done.effect)
    } else {
        let request = v1::OverrideModificationTypeRequest {
            customer_id,
            cause,
            modification_type: enum_params::modification_type(fields.one("type")),
            levels: fields.all("levels").map(enum_params::level).collect(),
            subcategory: enum_params::subcategory(fields.one("subcategory")),
            reason,
            expected_revision,
            validate_only,
            request_id,
        };
        let done = visit.finance().override_modification_type(request).await?.into_inner();
        (done.r#override, done.effect)
    };
    Ok((over.unwrap_or_default(), effect.unwrap_or_default()))
}

impl Subject {
    async fn of(visit: &Visit, id: &str) -> Result<Self, Problem> {
        let why = explained(visit, id).await?;
        let movement = why.movement.unwrap_or_default();
        let causes = movement.causes.iter().filter(|it| it.kind() != v1::CauseKind::RenewalLink).cloned().collect();
        let request = v1::ListOverridesRequest {
            customer_id: movement.customer_id.clone(),
            page_size: 1_000,
            ..v1::ListOverridesRequest::default()
        };
        let overrides = visit.finance().list_overrides(request).await?.into_inner().overrides;
        Ok(Self { id: id.to_owned(), movement, summary: why.summary, causes, overrides })
    }

    fn in_force(&self, cause: &v1::Cause) -> Option<&v1::Override> {
        self.overrides.iter().find(|it| it.cause.as_ref() == Some(cause))
    }

    /// The movement that took this one's place; where there is none, the customer.
    fn next(&self, effect: &v1::OverrideEffect) -> String {
        let is_same = |it: &&v1::Movement| {
            it.level == self.movement.level
                && it.effective_date == self.movement.effective_date
                && it.line_id == self.movement.line_id
                && !it.movement_id.is_empty()
        };
        let new = effect.after.iter().find(is_same);
        new.map_or_else(|| routes::customer(&self.movement.customer_id), |it| routes::movement(&it.movement_id))
    }
}

fn form(visit: &Visit, subject: &Subject, fields: &Fields, problem: Option<&str>) -> Markup {
    let chosen = |name, value: &str| fields.all(name).any(|it| it == value);
    let subcategories = SUBCATEGORIES.iter().filter(|name| !matches!(**name, "RENEWAL" | "IGNORED"));
    html! {
        h1 { "Count movement № " (subject.id) " otherwise" }
        p { (subject.summary) }
        @if let Some(problem) = problem { p .problem role="alert" { (problem) } }
        @if subject.causes.is_empty() {
            p .warning { "A renewal by link is controlled by the system (R9): it cannot be overridden." }
        } @else {
            form .fields .stacked method="post" {
                (token(visit))
                fieldset {
                    legend { "What is to count otherwise" }
                    @for (place, cause) in subject.causes.iter().enumerate() {
                        @let value = place.to_string();
                        label {
                            input type="radio" name="cause" value=(value) checked[chosen("cause", &value) || subject.causes.len() == 1] required;
                            span {
                                (format::cause(cause))
                                @if let Some(it) = subject.in_force(cause) { (said(it)) }
                            }
                        }
                    }
                }
                fieldset {
                    legend { "How it is to count" }
                    @for (value, name) in TYPES {
                        label { input type="radio" name="type" value=(value) checked[chosen("type", value)] required; span { (name) } }
                    }
                    @if subject.causes.iter().any(|cause| subject.in_force(cause).is_some()) {
                        label { input type="radio" name="type" value=(CLEAR) checked[chosen("type", CLEAR)]; span { "As computed: take the override back" } }
                    }
                }
                fieldset {
                    legend { "Where" }
                    @for (value, name) in [("CONTRACT", "At contract level"), ("CUSTOMER", "At customer level")] {
                        label { input type="checkbox" name="levels" value=(value) checked[chosen("levels", value)]; span { (name) } }
                    }
                }
                label {
                    span { "Subcategory" }
                    select name="subcategory" {
                        option value="" { "As computed" }
                        @for name in subcategories { option value=(name) selected[chosen("subcategory", name)] { (format::words(name)) } }
                    }
                }
                label {
                    span { "Reason, for the audit trail" }
                    textarea name="reason" rows="3" maxlength="1000" required { (fields.one("reason")) }
                }
                div { button type="submit" name="step" value="preview" { "Show what it would change" } }
            }
        }
        p { a href=(routes::movement(&subject.id)) { "Back to the movement" } }
    }
}

/// An override that is in force.
fn said(it: &v1::Override) -> Markup {
    let kind = it.modification_type().as_str_name().trim_start_matches("MODIFICATION_TYPE_");
    html! {
        br;
        small { "overridden: " (format::words(kind)) ", by " (it.actor) " on " (format::instant(it.recorded_at.as_ref())) ": " (it.reason) }
    }
}

fn preview(
    visit: &Visit,
    subject: &Subject,
    fields: &Fields,
    over: &v1::Override,
    effect: &v1::OverrideEffect,
) -> Markup {
    let kept = ["cause", "type", "levels", "subcategory", "reason"];
    let expected = over.revision.saturating_sub(1).to_string();
    html! {
        h1 { "What it would change" }
        p { (subject.summary) }
        (waterfall_delta::shown(effect))
        form .fields method="post" {
            (token(visit))
            @for name in kept { @for value in fields.all(name) { input type="hidden" name=(name) value=(value); } }
            input type="hidden" name="expected" value=(expected);
            button type="submit" name="step" value="confirm" { "Confirm" }
            a .button .quiet href=(routes::overriding(&subject.id)) { "Begin again" }
            a .button .quiet href=(routes::movement(&subject.id)) { "Leave it as it is" }
        }
    }
}
