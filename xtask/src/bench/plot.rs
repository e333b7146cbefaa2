//! Bar charts, as SVG images for the documents.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use crate::Result;

/// Width of the image, of the names and of the longest bar; height of a row. In pixels.
const WIDTH: u32 = 920;
const NAMES: u32 = 490;
const LONGEST_BAR: f64 = 340.0;
const ROW: u32 = 26;

/// Where charts are written to, if anywhere.
pub(crate) struct Plots(pub(crate) Option<PathBuf>);

/// A named value.
pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) value: f64,
}

impl Plots {
    /// Writes a bar chart into the file `name`, if charts are wanted.
    pub(crate) fn write(&self, name: &str, title: &str, unit: &str, bars: &[Bar]) -> Result {
        let Some(folder) = &self.0 else { return Ok(()) };
        write(&folder.join(name), &chart(title, unit, bars))
    }
}

fn write(file: &Path, text: &str) -> Result {
    let folder = file.parent().unwrap_or(file);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(file, text))
        .map_err(|error| format!("cannot write {}: {error}", file.display()))
}

/// Returns a bar chart: a row for each value.
fn chart(title: &str, unit: &str, bars: &[Bar]) -> String {
    let largest = bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
    let height = ROW * (u32::try_from(bars.len()).unwrap_or_default() + 2);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"13\" role=\"img\">\n\
         <title>{title}</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"10\" y=\"20\" font-weight=\"bold\">{title}</text>\n",
        title = escaped(title)
    );
    let mut top = ROW + 10;
    for Bar { name, value } in bars {
        let name = escaped(name);
        let length = if largest > 0.0 { value / largest * LONGEST_BAR } else { 0.0 };
        let (bar, text, line) = (NAMES + 10, f64::from(NAMES) + 18.0 + length, top + 14);
        let _ = write!(
            svg,
            "<text x=\"{NAMES}\" y=\"{line}\" text-anchor=\"end\">{name}</text>\n\
             <rect x=\"{bar}\" y=\"{top}\" width=\"{length:.1}\" height=\"18\" fill=\"#4878a8\"/>\n\
             <text x=\"{text:.1}\" y=\"{line}\">{value:.2} {unit}</text>\n"
        );
        top += ROW;
    }
    svg.push_str("</svg>\n");
    svg
}

/// Returns a text as it is written in XML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[test]
fn the_longest_bar_is_that_of_the_largest_value() {
    let bar = |name: &str, value| Bar { name: name.to_owned(), value };
    let svg = chart("CPU <s>", "s", &[bar("half", 1.0), bar("full & long", 2.0)]);
    assert!(svg.contains("<title>CPU &lt;s&gt;</title>"), "{svg}");
    assert!(svg.contains("full &amp; long"), "{svg}");
    let widths: Vec<_> =
        svg.split("width=\"").skip(1).filter_map(|it| it.split('"').next()).collect();
    assert_eq!(widths, ["920", "100%", "170.0", "340.0"]);
}
