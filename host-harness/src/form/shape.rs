//! What can be entered: the part of JSON Schema that forms are made of.

use serde_json::Value;

/// A property.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) key: String,
    pub(super) title: String,
    /// CommonMark.
    pub(super) description: String,
    pub(super) required: bool,
    /// Where it is empty and required, it is null rather than absent.
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
    /// A list of texts; with choices, to be picked from.
    Texts {
        choices: bool,
    },
    Object(Vec<Field>),
    OneOf(Vec<Alternative>),
    /// Not drawn. A constant is put in where it is required.
    Hidden {
        constant: Option<Value>,
        secret: bool,
    },
    /// Edited as JSON.
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

    /// Whether a value of it can hold a secret.
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
    /// What its option sends: a text as it is, so that a form is readable.
    pub(super) fn option(&self, number: usize) -> String {
        match &self.what {
            What::Constant(Value::String(text)) => text.clone(),
            What::Constant(value) => value.to_string(),
            What::Shape(_) => format!("?{number}"),
        }
    }
}
