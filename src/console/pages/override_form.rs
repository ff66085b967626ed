//! Reclassification of a movement: a form, a preview of its effect, and the override.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use crate::console::enum_params;
use crate::console::error_page::{ErrorPage, message};
use crate::console::format;
use crate::console::pages::movement::explained;
use crate::console::pages::movements::SUBCATEGORIES;
use crate::console::params::Params;
use crate::console::parts::page::{Tab, form_token, respond};
use crate::console::parts::waterfall_delta;
use crate::console::routes;
use crate::console::signed_in::SignedIn;
use crate::grpc::v1;
use crate::grpc::wire::wire_enum::WireEnum;

const TYPES: [(&str, &str); 3] = [
    ("NEW_OR_CHURN", "New or churn"),
    ("UPSELL_OR_DOWNSELL", "Upsell or downsell"),
    ("IGNORED", "Ignored: outside the impact totals, at both levels"),
];

/// Form value that clears the override instead of setting a type.
const CLEAR: &str = "CLEAR";

/// The movement to reclassify.
struct Reclassification {
    id: String,
    movement: v1::Movement,
    summary: String,
    /// Causes that can have an override.
    causes: Vec<v1::Cause>,
    /// Overrides in force for this customer.
    overrides: Vec<v1::Override>,
}

pub(in crate::console) async fn show(session: SignedIn, Path(id): Path<String>, mut params: Params) -> Response {
    let body = async {
        let subject = Reclassification::of(&session, &id).await?;
        params.set_default("levels", format::level_name(subject.movement.level));
        Ok(form(&session, &subject, &params, None))
    };
    let body = body.await;
    respond(&session, "Reclassify", Tab::Movements, body)
}

/// Shows the preview; once confirmed, records the override and redirects to the replacement movement.
pub(in crate::console) async fn submit(session: SignedIn, Path(id): Path<String>, params: Params) -> Response {
    match process(&session, &id, &params).await {
        Ok(Submission::Page(body)) => respond(&session, "Reclassify", Tab::Movements, Ok(body)),
        Ok(Submission::Recorded(next)) => Redirect::to(&next).into_response(),
        Err(problem) => problem.into_page(Some(&session)),
    }
}

enum Submission {
    Page(Markup),
    Recorded(String),
}

async fn process(session: &SignedIn, id: &str, params: &Params) -> Result<Submission, ErrorPage> {
    session.check_token(params.get("token"))?;
    let subject = Reclassification::of(session, id).await?;
    let is_confirmed = params.get("step") == "confirm";
    match send_override(session, &subject, params, !is_confirmed).await {
        Ok((_, effect)) if is_confirmed => {
            session.set_notice("Override recorded. This is the current movement.");
            Ok(Submission::Recorded(subject.next(&effect)))
        }
        Ok((over, effect)) => Ok(Submission::Page(preview(session, &subject, params, &over, &effect)?)),
        Err(status) => Ok(Submission::Page(form(session, &subject, params, Some(&message(&status))))),
    }
}

/// Sends the form to the service; returns the override and its effect.
async fn send_override(
    session: &SignedIn,
    subject: &Reclassification,
    params: &Params,
    validate_only: bool,
) -> Result<(v1::Override, v1::OverrideEffect), tonic::Status> {
    let customer_id = subject.movement.customer_id.clone();
    let cause = params.get("cause").parse().ok().and_then(|place: usize| subject.causes.get(place)).cloned();
    let reason = params.get("reason").to_owned();
    // The revision of the preview: a change in between is refused.
    let expected_revision = params.get("expected").parse().ok();
    let request_id = String::new();
    let (over, effect) = if params.get("type") == CLEAR {
        let request =
            v1::ClearOverrideRequest { customer_id, cause, reason, expected_revision, validate_only, request_id };
        let done = session.finance().clear_override(request).await?.into_inner();
        (done.r#override, done.effect)
    } else {
        let request = v1::OverrideModificationTypeRequest {
            customer_id,
            cause,
            modification_type: enum_params::modification_type(params.get("type")),
            levels: params.all("levels").map(enum_params::level).collect(),
            subcategory: enum_params::subcategory(params.get("subcategory")),
            reason,
            expected_revision,
            validate_only,
            request_id,
        };
        let done = session.finance().override_modification_type(request).await?.into_inner();
        (done.r#override, done.effect)
    };
    Ok((over.unwrap_or_default(), effect.unwrap_or_default()))
}

impl Reclassification {
    async fn of(session: &SignedIn, id: &str) -> Result<Self, ErrorPage> {
        let why = explained(session, id).await?;
        let movement = why.movement.unwrap_or_default();
        let causes = movement.causes.iter().filter(|it| it.kind() != v1::CauseKind::RenewalLink).cloned().collect();
        let request = v1::ListOverridesRequest {
            customer_id: movement.customer_id.clone(),
            page_size: 1_000,
            ..v1::ListOverridesRequest::default()
        };
        let overrides = session.finance().list_overrides(request).await?.into_inner().overrides;
        Ok(Self { id: id.to_owned(), movement, summary: why.summary, causes, overrides })
    }

    fn in_force(&self, cause: &v1::Cause) -> Option<&v1::Override> {
        self.overrides.iter().find(|it| it.cause.as_ref() == Some(cause))
    }

    /// The page of the replacement movement, or else of the customer.
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

fn form(session: &SignedIn, subject: &Reclassification, params: &Params, problem: Option<&str>) -> Markup {
    let chosen = |name, value: &str| params.all(name).any(|it| it == value);
    let subcategories = SUBCATEGORIES.iter().filter(|name| !matches!(**name, "RENEWAL" | "IGNORED"));
    html! {
        h1 { "Reclassify movement № " (subject.id) }
        p { (subject.summary) }
        @if let Some(problem) = problem { p .problem role="alert" { (problem) } }
        @if subject.causes.is_empty() {
            p .warning { "A renewal by link cannot be reclassified (R9)." }
        } @else {
            form .fields .stacked method="post" {
                (form_token(session))
                fieldset {
                    legend { "Cause" }
                    @for (place, cause) in subject.causes.iter().enumerate() {
                        @let value = place.to_string();
                        label {
                            input type="radio" name="cause" value=(value) checked[chosen("cause", &value) || subject.causes.len() == 1] required;
                            span {
                                (format::cause(cause))
                                @if let Some(it) = subject.in_force(cause) { (override_note(it)) }
                            }
                        }
                    }
                }
                fieldset {
                    legend { "Modification type" }
                    @for (value, name) in TYPES {
                        label { input type="radio" name="type" value=(value) checked[chosen("type", value)] required; span { (name) } }
                    }
                    @if subject.causes.iter().any(|cause| subject.in_force(cause).is_some()) {
                        label { input type="radio" name="type" value=(CLEAR) checked[chosen("type", CLEAR)]; span { "As computed: clear the override" } }
                    }
                }
                fieldset {
                    legend { "Level" }
                    @for (value, name) in [("CONTRACT", "Contract"), ("CUSTOMER", "Customer")] {
                        label { input type="checkbox" name="levels" value=(value) checked[chosen("levels", value)]; span { (name) } }
                    }
                }
                label {
                    span { "Subcategory" }
                    select name="subcategory" {
                        option value="" { "As computed" }
                        @for name in subcategories { option value=(name) selected[chosen("subcategory", name)] { (format::sentence_case(name)) } }
                    }
                }
                label {
                    span { "Reason, for the audit trail" }
                    textarea name="reason" rows="3" maxlength="1000" required { (params.get("reason")) }
                }
                div { button type="submit" name="step" value="preview" { "Preview" } }
            }
        }
        p { a href=(routes::movement(&subject.id)) { "Back to the movement" } }
    }
}

/// The override in force for a cause.
fn override_note(it: &v1::Override) -> Markup {
    let kind = it.modification_type().short_name();
    html! {
        br;
        small { "overridden: " (format::sentence_case(kind)) ", by " (it.actor) " on " (format::instant(it.recorded_at.as_ref())) ": " (it.reason) }
    }
}

fn preview(
    session: &SignedIn,
    subject: &Reclassification,
    params: &Params,
    over: &v1::Override,
    effect: &v1::OverrideEffect,
) -> Result<Markup, ErrorPage> {
    let kept = ["cause", "type", "levels", "subcategory", "reason"];
    let expected = over.revision.saturating_sub(1).to_string();
    Ok(html! {
        h1 { "Preview of the reclassification" }
        p { (subject.summary) }
        (waterfall_delta::effect(effect)?)
        form .fields method="post" {
            (form_token(session))
            @for name in kept { @for value in params.all(name) { input type="hidden" name=(name) value=(value); } }
            input type="hidden" name="expected" value=(expected);
            button type="submit" name="step" value="confirm" { "Record override" }
            a .button .quiet href=(routes::override_form(&subject.id)) { "Edit" }
            a .button .quiet href=(routes::movement(&subject.id)) { "Cancel" }
        }
    })
}
