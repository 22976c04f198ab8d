//! Guards of a gateway: references -> Guard and GuardrailProvider -> an entry of LiteLLM's `guardrails`, or why there is none.
//! What the operator does is from ai-gateway-litellm-operator 0.10.0; LiteLLM itself serves more kinds than that.

use serde::Serialize;
use serde_json::{Value, json};

use crate::agentic::input::GROUP;
use crate::object::object::{Object, Objects};
use crate::text::goyaml::{self, Yaml};
use crate::text::yaml::object;

/// One entry of a gateway's `guardrails`.
#[derive(Clone, Debug, Serialize)]
pub struct Guard {
    /// Namespace of the Guard.
    pub namespace: String,
    /// Its name; empty when the reference names none.
    pub name: String,
    /// Namespace of its provider.
    pub provider_namespace: String,
    /// Name of its provider.
    pub provider_name: String,
    /// Spec of the Guard; null: there is none.
    pub spec: Value,
    /// Spec of its provider; null: there is none.
    pub provider: Value,
}

/// Why a guard has no entry in LiteLLM's configuration.
#[derive(Clone, Debug, PartialEq)]
pub enum Skip {
    /// The operator does not know this type of provider.
    Type(String),
    /// The provider says nothing about its type.
    Block(String),
    /// A tool gateway has none of its modes.
    Modes,
    /// LiteLLM does not start with this type on a tool gateway.
    Place(String),
}

/// Namespace and name of a reference; the namespace is that of who refers where it says none.
pub fn reference(value: &Value, namespace: &str) -> (String, String) {
    let text = |key: &str| value[key].as_str().unwrap_or_default();
    let namespace = if text("namespace").is_empty() { namespace } else { text("namespace") };
    (namespace.to_owned(), text("name").to_owned())
}

/// The guards of a gateway, in its order.
pub fn guards(gateway: &Object<'_>, objects: &Objects<'_>) -> Vec<Guard> {
    let spec_of = |kind: &str, namespace: &str, name: &str| {
        let object = objects.get(GROUP, kind, namespace, name)?;
        Some(object.at("/spec").cloned().unwrap_or_else(|| json!({})))
    };
    let one = |value: &Value| {
        let (namespace, name) = reference(value, &gateway.identity.namespace);
        let spec = spec_of("Guard", &namespace, &name).unwrap_or_default();
        let (provider_namespace, provider_name) = reference(&spec["providerRef"], &namespace);
        let provider = spec_of("GuardrailProvider", &provider_namespace, &provider_name).unwrap_or_default();
        Guard { namespace, name, provider_namespace, provider_name, spec, provider }
    };
    gateway.items("/spec/guardrails").iter().map(one).collect()
}

impl Guard {
    /// Type of its provider.
    pub fn kind(&self) -> &str {
        self.provider["type"].as_str().unwrap_or_default()
    }

    /// Guard and provider are there.
    pub fn found(&self) -> bool {
        self.spec.is_object() && self.provider.is_object()
    }

    /// When it looks, in the words of the Guard.
    pub fn modes(&self) -> Vec<&str> {
        self.spec["mode"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// When it looks, in LiteLLM's words: tool gateways have modes of their own, and none after a call.
    pub fn litellm_modes(&self, gateway: &str) -> Vec<&str> {
        let of_tools = |mode: &str| match mode {
            "pre_call" => Some("pre_mcp_call"),
            "during_call" => Some("during_mcp_call"),
            _ => None,
        };
        match gateway {
            "ToolGateway" => self.modes().into_iter().filter_map(of_tools).collect(),
            _ => self.modes(),
        }
    }

    /// Its entry for a gateway of that kind. `all`: of every type that LiteLLM serves, otherwise as the operator does it.
    ///
    /// # Errors
    /// Why the operator passes over it. It says so in its log only, and the gateway gets ready without the guard.
    pub fn entry(&self, gateway: &str, all: bool) -> Result<Yaml, Skip> {
        let modes = self.litellm_modes(gateway);
        if modes.is_empty() {
            return Err(Skip::Modes);
        }
        let block = |name: &str| {
            let block = self.provider.get(name).filter(|b| b.is_object());
            block.ok_or_else(|| Skip::Block(name.to_owned()))
        };
        let (guardrail, more) = match self.kind() {
            "presidio-api" => ("presidio", self.presidio(block("presidio")?)),
            other @ "openai-moderation-api" if all && gateway == "ToolGateway" => {
                return Err(Skip::Place(other.into()));
            }
            "openai-moderation-api" if all => ("openai_moderation", self.moderation()),
            "bedrock-api" if all => ("bedrock", self.bedrock(block("bedrock")?)),
            other => return Err(Skip::Type(other.to_owned())),
        };
        let mut params = vec![
            field("guardrail", text(guardrail)),
            field("mode", Yaml::List(modes.into_iter().map(text).collect())),
            field("default_on", Yaml::Bool(true)),
        ];
        params.extend(more);
        Ok(Yaml::Map(vec![field("guardrail_name", text(&self.name)), field("litellm_params", Yaml::Map(params))]))
    }

    fn presidio(&self, provider: &Value) -> Vec<(Yaml, Yaml)> {
        // One URL for both services: the contract has no second one.
        let url = provider["baseUrl"].as_str().unwrap_or_default();
        let guard = &self.spec["presidio"];
        let mut params = vec![field("output_parse_pii", Yaml::Bool(true))];
        params.extend(given("presidio_analyzer_api_base", url));
        params.extend(given("presidio_anonymizer_api_base", url));
        params.extend(given("presidio_language", guard["language"].as_str().unwrap_or_default()));
        for (name, key) in [("presidio_score_thresholds", "scoreThresholds"), ("pii_entities_config", "entityActions")]
        {
            let texts = object(&guard[key]).iter().map(|(k, v)| field(k, text(v.as_str().unwrap_or_default())));
            let mut map = Yaml::Map(texts.collect());
            goyaml::sort(&mut map);
            params.extend((map != Yaml::Map(Vec::new())).then(|| field(name, map)));
        }
        params
    }

    fn moderation(&self) -> Vec<(Yaml, Yaml)> {
        let block = &self.provider["openaiModeration"];
        let key = self.credentials().first().map(|(variable, ..)| format!("os.environ/{variable}")).unwrap_or_default();
        let mut params: Vec<(Yaml, Yaml)> = given("api_key", &key).into_iter().collect();
        params.extend(given("api_base", block["baseUrl"].as_str().unwrap_or_default()));
        params.extend(given("model", self.spec["openaiModeration"]["model"].as_str().unwrap_or_default()));
        params
    }

    fn bedrock(&self, provider: &Value) -> Vec<(Yaml, Yaml)> {
        let guard = &self.spec["bedrock"];
        let names = ["aws_access_key_id", "aws_secret_access_key"];
        let mut params = vec![field("guardrailIdentifier", text(guard["guardrailId"].as_str().unwrap_or_default()))];
        params.push(field("guardrailVersion", text(guard["guardrailVersion"].as_str().unwrap_or("DRAFT"))));
        params.extend(given("aws_region_name", provider["region"].as_str().unwrap_or_default()));
        let credentials = self.credentials();
        params.extend(
            names.iter().zip(&credentials).map(|(name, (v, ..))| field(name, text(&format!("os.environ/{v}")))),
        );
        params
    }

    /// The keys that its provider's service wants: (environment variable, Secret, key). The operator reads none of them.
    pub fn credentials(&self) -> Vec<(String, String, String)> {
        let prefix = format!("GUARD_{}", self.name.to_uppercase().replace(['-', '.'], "_"));
        let (reference, keys) = match self.kind() {
            "openai-moderation-api" => {
                let reference = &self.provider["openaiModeration"]["apiKeySecretRef"];
                (reference, vec![("API_KEY", reference["key"].as_str().unwrap_or_default())])
            }
            "bedrock-api" => {
                let keys = vec![
                    ("AWS_ACCESS_KEY_ID", "aws-access-key-id"),
                    ("AWS_SECRET_ACCESS_KEY", "aws-secret-access-key"),
                ];
                (&self.provider["bedrock"]["credentialsSecretRef"], keys)
            }
            _ => return Vec::new(),
        };
        let Some(secret) = reference["name"].as_str().filter(|name| !name.is_empty()) else { return Vec::new() };
        let one = |(suffix, key): (&str, &str)| (format!("{prefix}_{suffix}"), secret.to_owned(), key.to_owned());
        keys.into_iter().map(one).collect()
    }

    /// Where the Secret of [`Guard::credentials`] lies.
    pub fn credentials_namespace(&self) -> &str {
        let given = self.provider["bedrock"]["credentialsSecretRef"]["namespace"].as_str().unwrap_or_default();
        if given.is_empty() { &self.provider_namespace } else { given }
    }
}

/// A string.
pub fn text(text: &str) -> Yaml {
    Yaml::String(text.to_owned())
}

/// A key with its value.
pub fn field(key: &str, value: Yaml) -> (Yaml, Yaml) {
    (text(key), value)
}

/// A key with a text, unless that is empty.
fn given(key: &str, value: &str) -> Option<(Yaml, Yaml)> {
    (!value.is_empty()).then(|| field(key, text(value)))
}
