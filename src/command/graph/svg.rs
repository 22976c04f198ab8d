//! A graph -> SVG that needs nothing else: no style sheet, no script, no font of its own. The crate decides where things go,
//! and is the only one to know how; what is drawn there is ours, so that texts are escaped and equal graphs give equal bytes.

use graph_layout::core::base::Orientation;
use graph_layout::core::format::{ClipHandle, RenderBackend};
use graph_layout::core::geometry::Point;
use graph_layout::core::style::{LineStyleKind, StyleAttr};
use graph_layout::std_shapes::shapes::{Arrow, Element, LineEndKind, ShapeKind};
use graph_layout::topo::layout::VisualGraph;

use crate::command::graph::drawing::Graph;

/// Size of letters, width of one with room to spare, of a bold one, height of a line, in pixels.
const FONT: f64 = 13.0;
const LETTER: f64 = 7.6;
const BOLD: f64 = 8.6;
const LINE: f64 = 17.0;

/// Letters stand out from arrows below them.
const BACKGROUND: &str = " stroke=\"Canvas\" stroke-width=\"3\" paint-order=\"stroke\"";

/// What the layout takes for the size of a letter of the words beside an arrow, whose width is that of [`LETTER`].
const WORDS: usize = 8;

/// Draws a graph from left to right.
pub fn svg(graph: &Graph) -> String {
    let mut layout = VisualGraph::new(Orientation::LeftToRight);
    // It looks for cycles after each arrow, which takes longer than all the rest.
    layout.dag.set_validate(false);
    let look = |dashed: bool| StyleAttr { rounded: usize::from(dashed), font_size: WORDS, ..StyleAttr::simple() };
    let drawn = graph.boxes.iter().map(|node| {
        // The first of several lines is bold.
        let width = |(i, line): (usize, &String)| {
            line.chars().count() as f64 * if i == 0 && node.lines.len() > 1 { BOLD } else { LETTER }
        };
        let widest = node.lines.iter().enumerate().map(width).fold(0.0, f64::max);
        let size = Point::new(widest + 16.0, node.lines.len() as f64 * LINE + 12.0);
        let shape = ShapeKind::new_box(&node.lines.join("\n"));
        layout.add_node(Element::create(shape, look(node.dashed), Orientation::LeftToRight, size))
    });
    let boxes: Vec<_> = drawn.collect();
    for (from, to, words) in &graph.arrows {
        let (from, to) = (boxes[*from], boxes[*to]);
        let arrow =
            Arrow::new(LineEndKind::None, LineEndKind::Arrow, LineStyleKind::Normal, words, &look(false), &None, &None);
        layout.add_edge(arrow, from, to);
    }
    let mut canvas = Canvas::default();
    layout.do_it(false, false, false, &mut canvas);
    let (width, height) = (canvas.width + 10.0, canvas.height + 10.0);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         role=\"img\" font-family=\"sans-serif\" font-size=\"{FONT}\" fill=\"currentColor\" stroke=\"none\">\n<title>{}</title>\n{}</svg>\n",
        escaped(&graph.title),
        canvas.text
    )
}

/// What was drawn, and how far it reaches.
#[derive(Default)]
struct Canvas {
    text: String,
    width: f64,
    height: f64,
}

impl Canvas {
    fn reach(&mut self, x: f64, y: f64) {
        (self.width, self.height) = (self.width.max(x), self.height.max(y));
    }
}

impl RenderBackend for Canvas {
    fn draw_rect(&mut self, at: Point, size: Point, look: &StyleAttr, _: Option<String>, _: Option<ClipHandle>) {
        self.reach(at.x + size.x, at.y + size.y);
        let dash = if look.rounded == 0 { "" } else { " stroke-dasharray=\"5 4\"" };
        self.text += &format!(
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"4\" fill=\"none\" stroke=\"currentColor\"{dash}/>\n",
            at.x, at.y, size.x, size.y
        );
    }

    fn draw_text(&mut self, at: Point, text: &str, _: &StyleAttr) {
        let lines: Vec<&str> = text.lines().collect();
        let top = at.y - (lines.len() as f64 - 1.0) * LINE / 2.0 + FONT * 0.35;
        for (index, line) in lines.iter().enumerate() {
            let weight = if index == 0 && lines.len() > 1 { " font-weight=\"bold\"" } else { "" };
            let y = top + index as f64 * LINE;
            self.reach(at.x + line.chars().count() as f64 * LETTER / 2.0, y);
            self.text += &format!(
                "<text x=\"{:.1}\" y=\"{y:.1}\" text-anchor=\"middle\"{weight}{BACKGROUND}>{}</text>\n",
                at.x,
                escaped(line)
            );
        }
    }

    fn draw_arrow(
        &mut self,
        path: &[(Point, Point)],
        _: bool,
        head: (bool, bool),
        _: &StyleAttr,
        _: Option<String>,
        _: &str,
    ) {
        let [first, second, rest @ ..] = path else { return };
        path.iter().for_each(|(a, b)| self.reach(a.x.max(b.x), a.y.max(b.y)));
        let mut line = format!(
            "M{:.1} {:.1}C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}",
            first.0.x, first.0.y, first.1.x, first.1.y, second.0.x, second.0.y, second.1.x, second.1.y
        );
        rest.iter().for_each(|(a, b)| line += &format!("S{:.1} {:.1} {:.1} {:.1}", a.x, a.y, b.x, b.y));
        self.text += &format!("<path d=\"{line}\" fill=\"none\" stroke=\"currentColor\"/>\n");
        let (control, end) = path[path.len() - 1];
        let ends = [(head.0, first.1, first.0), (head.1, control, end)];
        ends.into_iter().filter(|(there, ..)| *there).for_each(|(_, from, tip)| self.text += &point(from, tip));
    }

    fn draw_line(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>) {}

    fn draw_circle(&mut self, _: Point, _: Point, _: &StyleAttr, _: Option<String>) {}

    fn create_clip(&mut self, _: Point, _: Point, _: usize) -> ClipHandle {
        0
    }
}

/// The head of an arrow that comes from there.
fn point(from: Point, tip: Point) -> String {
    let (x, y) = (tip.x - from.x, tip.y - from.y);
    let length = x.hypot(y).max(1.0);
    let (x, y) = (x / length * 8.0, y / length * 8.0);
    format!(
        "<polygon points=\"{:.1},{:.1} {:.1},{:.1} {:.1},{:.1}\"/>\n",
        tip.x,
        tip.y,
        tip.x - x - y / 2.0,
        tip.y - y + x / 2.0,
        tip.x - x + y / 2.0,
        tip.y - y - x / 2.0
    )
}

/// A text in which nothing is markup.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
