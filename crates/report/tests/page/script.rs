//! What the page's script does, tried in a browser.

use serde_json::{Value, json};

use crate::browser::{Outcome, chromium, run};
use crate::{hostile, sample};

const DESKTOP: (u32, u32) = (1280, 900);
const PHONE: (u32, u32) = (360, 740);

/// Finds a pixel that is painted: its place in the window.
const PAINTED: &str = r"
  const canvas = document.getElementById('map-canvas');
  const drawn = () => Number(canvas.dataset.drawn);
  const alpha = () => {
    const { width, height } = canvas;
    return canvas.getContext('2d').getImageData(0, 0, width, height).data.filter((_, i) => i % 4 === 3);
  };
  const painted = () => {
    const box = canvas.getBoundingClientRect();
    const ratio = canvas.width / box.width;
    // The middle of a mark: painted, and so is what is around it.
    const data = alpha();
    const at = data.findIndex((a, i) => a > 190 && data[i + 1] > 190 && data[i + canvas.width] > 190);
    return [box.left + (at % canvas.width) / ratio, box.top + Math.floor(at / canvas.width) / ratio];
  };
";

/// Runs a script in the sample page; nothing without a browser.
fn try_sample(script: &str, size: (u32, u32)) -> Option<Value> {
    let Outcome { result, console } = run(&chromium()?, &sample::page().to_html(), script, size);
    assert_eq!(console, [""; 0], "the console is empty");
    assert_eq!(result.get("error"), None, "{result}");
    Some(result)
}

#[test]
fn every_node_is_drawn_and_a_class_can_be_hidden() {
    let script = format!(
        r"{PAINTED}
        const all = drawn();
        const ink = alpha().filter(a => a > 0).length;
        const [first] = document.querySelectorAll('#map-legend button');
        first.click(); await frames();
        const without = drawn(), pressed = first.getAttribute('aria-pressed');
        first.dispatchEvent(new MouseEvent('dblclick', {{ bubbles: true }})); await frames();
        const alone = drawn();
        first.dispatchEvent(new MouseEvent('dblclick', {{ bubbles: true }})); await frames();
        const filter = document.getElementById('map-filter');
        filter.value = 't'; filter.dispatchEvent(new Event('change')); await frames();
        return {{ all, ink: ink > 5000, without, pressed, alone, train: drawn(), label: first.innerText,
            ready: document.documentElement.dataset.ready }};"
    );
    let Some(result) = try_sample(&script, DESKTOP) else { return };
    assert_eq!(
        result,
        json!({ "all": 2708, "ink": true, "without": 2708 - 351, "pressed": "false", "alone": 351, "train": 140,
            "label": "Theory\n351", "ready": "yes" })
    );
}

#[test]
fn the_pointer_over_a_node_is_told_about_it() {
    let script = format!(
        r"{PAINTED}
        const [x, y] = painted();
        pointer(canvas, 'pointermove', x, y);
        const over = tip();
        pointer(canvas, 'pointerleave', x, y);
        return {{ over, after: tip() }};"
    );
    let Some(result) = try_sample(&script, DESKTOP) else { return };
    let over = result["over"].as_str().unwrap();
    for word in ["node ", "class", "predicted"] {
        assert!(over.contains(word), "{over}");
    }
    assert_eq!(result["after"], Value::Null);
}

#[test]
fn a_node_is_found_by_its_id() {
    // Node 100 of the sample: the 101st of the first class.
    let id = 31_336 + 37 * 100;
    let script = format!(
        r"{PAINTED}
        const search = document.getElementById('map-search');
        const ask = async text => {{
          search.value = text; search.dispatchEvent(new Event('input')); await frames();
          return [document.getElementById('map-found').innerText, canvas.dataset.found];
        }};
        const before = drawn();
        const found = await ask('{id}');
        const middle = alpha()[Math.floor(canvas.height / 2) * canvas.width + Math.floor(canvas.width / 2)];
        const near = drawn();
        const none = await ask('no such node');
        await ask('');
        return {{ found, none, middle: middle > 0, near: near < before, back: drawn() === before }};"
    );
    let Some(result) = try_sample(&script, DESKTOP) else { return };
    assert_eq!(
        result,
        json!({ "found": [format!("node {id} · Theory"), id.to_string()], "none": ["No node has this id", ""],
            "middle": true, "near": true, "back": true })
    );
}

#[test]
fn the_map_moves_by_keys_wheel_and_dragging() {
    let script = format!(
        r"{PAINTED}
        const [x, y] = painted();
        const steps = [];
        const note = async () => {{ await frames(); steps.push(drawn()); }};
        canvas.focus();
        for (let i = 0; i < 5; i++) key(canvas, '+');
        await note();
        key(canvas, '0');
        await note();
        const wheel = new WheelEvent('wheel', {{ deltaY: -1200, clientX: x, clientY: y, cancelable: true }});
        canvas.dispatchEvent(wheel);
        await note();
        document.getElementById('map-fit').click();
        pointer(canvas, 'pointerdown', 400, 400);
        pointer(canvas, 'pointermove', 900, 400);
        pointer(canvas, 'pointerup', 900, 400);
        await note();
        canvas.blur();
        const unfocused = new WheelEvent('wheel', {{ deltaY: -1200, clientX: x, clientY: y, cancelable: true }});
        canvas.dispatchEvent(unfocused);
        return {{ steps, taken: [wheel.defaultPrevented, unfocused.defaultPrevented] }};"
    );
    let Some(result) = try_sample(&script, DESKTOP) else { return };
    let steps: Vec<i64> = serde_json::from_value(result["steps"].clone()).unwrap();
    assert!(steps[0] < 2708 && steps[1] == 2708 && steps[2] < 2708 && steps[3] < 2708, "{steps:?}");
    assert_eq!(result["taken"], json!([true, false]), "the wheel scrolls the page until the map is in focus");
}

#[test]
fn figures_tell_values_to_the_pointer_and_to_the_keys() {
    let script = r"
        const over = (name, x, y) => {
          const svg = document.getElementById(`plot-${name}`);
          const box = svg.getBoundingClientRect();
          pointer(svg, 'pointermove', box.left + x * box.width, box.top + y * box.height);
          const text = tip();
          pointer(svg, 'pointerleave', 0, 0);
          return text;
        };
        const svg = document.getElementById('plot-class-cosines');
        svg.focus();
        key(svg, 'ArrowRight'); const first = tip();
        key(svg, 'ArrowRight'); const second = tip();
        svg.blur();
        return { rates: over('training-rates', 0.6, 0.5), spectrum: over('spectrum', 0.5, 0.6), water: over('water-filling', 0.96, 0.9),
            confusion: over('confusion', 0.6, 0.3), nodes: over('node-cosines', 0.5, 0.5),
            outside: over('confusion', 0.01, 0.99), first, second, after: tip() };";
    let Some(result) = try_sample(script, DESKTOP) else { return };
    let told = |name: &str| result[name].as_str().unwrap_or_else(|| panic!("{name}: {result}"));
    assert!(told("rates").starts_with("epoch ") && told("rates").contains("compression"), "{result}");
    assert!(told("spectrum").contains("all nodes (131.4)"), "{result}");
    assert!(told("water").starts_with("direction 25\n") && told("water").contains("power\n0"), "{result}");
    assert!(told("confusion").contains("true") && told("confusion").contains("predicted"), "{result}");
    assert!(told("nodes").contains("value"), "{result}");
    assert!(told("first").starts_with("Theory\n"), "{result}");
    assert!(told("second").starts_with("Theory – Reinforcement Learning"), "{result}");
    assert_eq!((&result["outside"], &result["after"]), (&Value::Null, &Value::Null));
}

#[test]
fn a_phone_shows_all_of_it_without_scrolling_sideways() {
    let script = format!(
        r"{PAINTED}
        const wide = [...document.querySelectorAll('main *')]
          .filter(element => !element.closest('.scroll') && element.getBoundingClientRect().right > innerWidth + 1
            && !element.closest('svg') && !element.closest('pre'))
          .map(element => element.outerHTML.slice(0, 80));
        return {{ wide, width: innerWidth, scroll: document.documentElement.scrollWidth <= innerWidth, drawn: drawn() }};"
    );
    let Some(result) = try_sample(&script, PHONE) else { return };
    assert_eq!(result, json!({ "wide": [], "width": 360, "scroll": true, "drawn": 2708 }));
}

#[test]
fn without_a_script_and_on_paper_the_map_is_a_drawing() {
    let script = r"
        const shown = name => getComputedStyle(document.querySelector(name)).display !== 'none';
        const live = [shown('.live'), shown('.still')];
        document.documentElement.classList.remove('js');
        const still = [shown('.live'), shown('.still'), shown('.still svg')];
        return { live, still };";
    let Some(result) = try_sample(script, DESKTOP) else { return };
    assert_eq!(result, json!({ "live": [true, false], "still": [false, true, true] }));
}

#[test]
fn no_name_is_run() {
    let Some(chromium) = chromium() else { return };
    let script = format!(
        r"{PAINTED}
        const [x, y] = painted();
        pointer(canvas, 'pointermove', x, y);
        const over = tip();
        document.getElementById('map-search').value = '<script>';
        document.getElementById('map-search').dispatchEvent(new Event('input'));
        const svg = document.getElementById('plot-class-cosines');
        svg.focus(); key(svg, 'ArrowRight'); key(svg, 'ArrowRight');
        await frames();
        return {{ hacked: window.hacked ?? null, images: document.images.length, over: over !== null,
            found: canvas.dataset.found, tip: tip().split('\n')[0] }};"
    );
    let Outcome { result, console } = run(&chromium, &hostile::page().to_html(), &script, DESKTOP);
    assert_eq!(console, [""; 0], "the console is empty");
    assert_eq!(
        result,
        json!({ "hacked": null, "images": 0, "over": true, "found": "<script>window.hacked=1</script>",
            "tip": "<script>window.hacked=1</script> – </script><script>window.hacked=2</script>" })
    );
}
