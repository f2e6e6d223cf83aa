//! The older text format of Prometheus, for scrapers and tools that do not ask for OpenMetrics.
//!
//! Source: Prometheus, "Exposition formats", text format 0.0.4. It differs in names: there a counter's HELP and TYPE
//! have its samples' name, there are no units and no infos, and no end.

/// The same metrics in the older format.
pub fn older(open_metrics: &str) -> String {
    let mut text = String::with_capacity(open_metrics.len());
    // OpenMetrics tells a metric's help before its type, and the type decides the name of both.
    let mut help = None;
    for line in open_metrics.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = rest.split_once(' ');
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap_or((rest, "untyped"));
            let (suffix, kind) = match kind {
                "counter" => ("_total", "counter"),
                "info" => ("_info", "gauge"),
                kind => ("", kind),
            };
            if let Some((_, help)) = help.take() {
                text.push_str(&format!("# HELP {name}{suffix} {help}\n"));
            }
            text.push_str(&format!("# TYPE {name}{suffix} {kind}\n"));
        } else if !line.starts_with('#') {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_samples_and_units_and_the_end_are_left_out() {
        let open_metrics = "# HELP a Things.\n# TYPE a counter\na_total{b=\"c\"} 1\n\
            # HELP d_seconds Time.\n# TYPE d_seconds histogram\n# UNIT d_seconds seconds\nd_seconds_sum 2\n\
            # HELP e Program.\n# TYPE e info\ne_info{version=\"1\"} 1\n# HELP f Now.\n# TYPE f gauge\nf 3\n# EOF\n";
        assert_eq!(
            older(open_metrics),
            "# HELP a_total Things.\n# TYPE a_total counter\na_total{b=\"c\"} 1\n\
             # HELP d_seconds Time.\n# TYPE d_seconds histogram\nd_seconds_sum 2\n\
             # HELP e_info Program.\n# TYPE e_info gauge\ne_info{version=\"1\"} 1\n# HELP f Now.\n# TYPE f gauge\nf 3\n"
        );
    }
}
