//! A page of Markdown -> its fenced blocks. The build reads pages by it too, so it knows nothing else.

use std::ops::Range;

/// Where the blocks with that info string stand in a page, without their fences.
pub fn blocks(page: &str, info: &str) -> Vec<Range<usize>> {
    let fence = format!("\n```{info}\n");
    let block = |(at, _): (usize, &str)| {
        let start = at + fence.len();
        // An empty block ends where it starts.
        Some(start..start + page[start - 1..].find("\n```")?)
    };
    page.match_indices(&fence).filter_map(block).collect()
}
