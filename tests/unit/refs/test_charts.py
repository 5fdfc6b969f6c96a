"""Helm charts: what has to be rendered is said once a chart."""

from regpipe.refs.charts import Charts


def test_a_file_belongs_to_the_innermost_chart() -> None:
    charts = Charts()
    assert charts.of("a/values.yaml") is None
    charts.add("a/Chart.yaml")
    charts.add("a/charts/b/Chart.yaml")
    assert charts.of("a/values.yaml") == "a"
    assert charts.of("a/templates/x/y.yaml") == "a"
    assert charts.of("a/charts/b/templates/y.yaml") == "a/charts/b"
    assert charts.of("c/values.yaml") is None


def test_a_chart_at_the_top() -> None:
    charts = Charts()
    charts.add("Chart.yaml")
    assert charts.of("values.yaml") == ""
    assert charts.of("templates/a.yaml") == ""
    charts.count("")
    (remark,) = charts.remarks()
    assert remark.file == "."
    assert remark.message.startswith("1 image known only when")


def test_one_remark_for_each_chart_that_has_to_be_rendered() -> None:
    charts = Charts()
    for name in ("a", "b c", "d"):
        charts.add(f"{name}/Chart.yaml")
    charts.count("b c")
    charts.count("b c")
    (remark,) = charts.remarks()
    assert remark.file == "b c"
    assert remark.message == (
        "2 images known only when the chart is rendered: helm template 'b c' | regpipe refs -"
    )
