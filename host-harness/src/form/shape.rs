//! The kinds of values that a form can edit: the supported part of JSON Schema.

use serde_json::Value;

/// A property of an object.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) key: String,
    pub(super) title: String,
    /// Description in CommonMark.
    pub(super) description: String,
    pub(super) required: bool,
    /// Whether an empty required value is stored as null.
    pub(super) nullable: bool,
    pub(super) default: Option<Value>,
    pub(super) shape: Shape,
}

#[derive(Debug, Clone)]
pub(super) enum Shape {
    Text(Text),
    Number {
        integer: bool,
        min: Option<f64>,
        max: Option<f64>,
    },
    Boolean,
    /// A list of texts, with or without choices of the plugin.
    Texts {
        choices: bool,
    },
    Object(Vec<Field>),
    OneOf(Vec<Alternative>),
    /// A value without a control. A required constant is added to the settings.
    Hidden {
        constant: Option<Value>,
        secret: bool,
    },
    /// A value that is edited as JSON.
    Other {
        secret: bool,
    },
}

#[derive(Debug, Clone, Default)]
pub(super) struct Text {
    pub(super) format: Option<String>,
    pub(super) secret: bool,
    pub(super) choices: bool,
    pub(super) multiline: bool,
    pub(super) max_length: Option<u64>,
    pub(super) pattern: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Alternative {
    pub(super) title: String,
    pub(super) what: What,
}

#[derive(Debug, Clone)]
pub(super) enum What {
    Constant(Value),
    Shape(Shape),
}

impl Shape {
    pub(super) fn is_drawn(&self) -> bool {
        !matches!(self, Self::Hidden { .. })
    }

    /// Whether a value of this shape can contain a secret.
    pub(super) fn is_secret(&self) -> bool {
        match self {
            Self::Text(text) => text.secret,
            Self::Number { .. } | Self::Boolean | Self::Texts { .. } => false,
            Self::Object(fields) => fields.iter().any(|it| it.shape.is_secret()),
            Self::OneOf(alternatives) => alternatives.iter().any(|it| match &it.what {
                What::Constant(_) => false,
                What::Shape(shape) => shape.is_secret(),
            }),
            Self::Hidden { secret, .. } | Self::Other { secret } => *secret,
        }
    }
}

impl Alternative {
    /// Returns the value of its option in the form. A constant text is used as it is, to be
    /// readable.
    pub(super) fn option(&self, number: usize) -> String {
        match &self.what {
            What::Constant(Value::String(text)) => text.clone(),
            What::Constant(value) => value.to_string(),
            What::Shape(_) => format!("?{number}"),
        }
    }
}
