"""`santai schema …`: what partners may rely on."""

from __future__ import annotations

import typer

from santai.commands.common import AsJson, console, print_json, report, settings

app = typer.Typer(help="事件模式:检查与登记", no_args_is_help=True)


@app.command()
def check(as_json: AsJson = False) -> None:
    """检查模式能否登记:不兼容之处逐条说明。"""
    from santai.services.parts import systems_of
    from schemas.catalog import subjects
    from schemas.check import check as compare
    from schemas.registry import RegistrySchemaIds

    found = settings()
    with RegistrySchemaIds(found.registry_url()) as registry:
        names = tuple(systems_of(found, connect=False))
        findings = [str(f) for f in compare(subjects(found.topics, names), registry.versions)]
    report(findings, "处不兼容", "全部兼容", as_json=as_json)


@app.command()
def register(as_json: AsJson = False) -> None:
    """登记模式;不兼容的拒绝并说明原因。"""
    from santai.services.cluster import register_schemas
    from santai.services.parts import systems_of
    from schemas.registry import Incompatible

    found = settings()
    try:
        done = register_schemas(found, systems_of(found, connect=False))
    except Incompatible as refused:
        for finding in refused.findings:
            console.print(str(finding), markup=False)
        raise typer.Exit(1) from None
    fresh = [r.subject for r in done if r.fresh]
    if as_json:
        print_json({"subjects": len(done), "fresh": fresh})
    else:
        console.print(f"共 {len(done)} 个主题模式,新登记 {len(fresh)} 个")
