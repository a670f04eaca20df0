"""`santai mapping …`: for those who manage mappings. Needs no broker."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from santai.commands.common import AsJson, console, print_json, report, settings
from schemas.errors import Stop

app = typer.Typer(help="映射:检查与用例", no_args_is_help=True)


@app.command()
def lint(as_json: AsJson = False) -> None:
    """检查全部系统、代码表与路由规则:文件、行、路径、问题和建议。"""
    from mappings.routing import FILE, lint_routing
    from mappings.systems import lint as look

    folder = settings().systems_dir
    findings = look(folder) + lint_routing(folder.parent / FILE, {path.stem for path in folder.glob("*.yaml")})
    report(findings, "处问题", "没有问题", as_json=as_json)


@app.command("test")
def run_cases(
    folder: Annotated[Path, typer.Argument(help="用例目录,每个系统一个子目录")],
    as_json: AsJson = False,
) -> None:
    """运行用例:输入与应得的事件,或告知与应发的消息。"""
    from mappings.cases import Difference, differences, expected, load_cases, outcome
    from mappings.systems import load_systems

    systems = load_systems(settings().systems_dir, None)
    if not folder.is_dir():
        raise Stop(f"没有用例目录 {folder}；随附的用例在 tests/golden/mappings")
    failed: dict[str, list[Difference]] = {}
    total = 0
    for name, system in systems.items():
        for path, case in load_cases(folder / name):
            total += 1
            if found := differences(expected(case), outcome(system, case)):
                failed[f"{name}/{path.name}:{case.name}"] = found
    if not total:
        raise Stop(f"{folder} 中没有用例：每个系统一个子目录（{'、'.join(systems)}），内放 *.yaml")
    if as_json:
        print_json({"total": total, "failed": {case: [asdict(d) for d in found] for case, found in failed.items()}})
    else:
        for case_name, found in failed.items():
            console.print(f"不符 {case_name}", markup=False)
            for d in found:
                console.print(
                    f"  {d.path or '全部'}\n    应为 {_told(d.expected)}\n    实为 {_told(d.found)}", markup=False
                )
        console.print(f"{total} 例,{len(failed)} 例不符")
    raise typer.Exit(1 if failed else 0)


def _told(value: Any) -> str:
    return "（没有）" if value is None else json.dumps(value, ensure_ascii=False)
