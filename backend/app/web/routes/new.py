"""A new project: one box for the idea, and beside it what would be built."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, BackgroundTasks, Depends, Query, Request, Response
from pydantic import TypeAdapter

from app.api.deps import ServicesDep
from app.blueprint.plan import plan_of
from app.blueprint.questions import questions_of
from app.blueprint.spec import AppSpec
from app.container import Services
from app.core.errors import InvalidInput
from app.core.ids import ProjectId
from app.ports.runner import MODEL_ENGINE
from app.queue.worker import process_next_job
from app.schemas.text import Goal
from app.services.generation_service import StartRequest
from app.services.plan_service import GoalRefused, kinds_near, specify_goal
from app.web.form import FormDep, check_text
from app.web.rendering import go_to, page
from app.web.session import BuildingCaller, get_page_caller

router = APIRouter(include_in_schema=False)

GOAL: Final[TypeAdapter[str]] = TypeAdapter(Goal)
EXAMPLES: Final = (
    "A booking app for a yoga studio. Customers book a class online, each class has room for 12.",
    "I run a bike workshop. Customers drop off bikes and follow the repair, mechanics write down parts and hours.",
    "A page where people order cakes from my bakery, with a pickup time and no payment.",
    "Our club lends out tools. Members reserve a tool for some days, nobody gets one that is out.",
)
NAME_LENGTH: Final = 80


@router.get("/new", response_class=Response, dependencies=[Depends(get_page_caller)])
async def new(
    request: Request,
    background_tasks: BackgroundTasks,
    goal: Annotated[str, Query(max_length=2_000)] = "",
) -> Response:
    """The box, empty or with an idea to start from."""
    if not goal.strip():
        # The first goal that a process reads takes its time, so that is not the one that somebody types.
        background_tasks.add_task(specify_goal, EXAMPLES[0])
    spec, refusal = await _read_goal(goal) if goal.strip() else (None, "")
    return _new_page(request, goal=goal, spec=spec, refusal=refusal)


@router.post("/new", response_class=Response)
async def plan_or_build(
    request: Request,
    caller: BuildingCaller,
    services: ServicesDep,
    form: FormDep,
    background_tasks: BackgroundTasks,
) -> Response:
    """Show the plan of the idea; or make a project of it, to correct its plan or to build it at once."""
    goal = form["goal"]
    if not goal.strip():
        return _new_page(request, goal=goal, refusal="Say in a sentence or two what you need.", status=422)
    if form["do"] == "design":
        return await _let_model_design(services, caller, goal, background_tasks)
    spec, refusal = await _read_goal(goal)
    if spec is None:
        return _new_page(request, goal=goal, refusal=refusal, status=422)
    keeps_enough = plan_of(spec).keeps_enough
    # A plan that has fallen below half since the button was shown is looked at again first.
    is_build = form["do"] == "build anyway" or (form["do"] == "build" and keeps_enough)
    if form["do"] != "correct" and not is_build:
        near = () if keeps_enough else await kinds_near(goal)
        return _new_page(request, goal=goal, spec=spec, near=near)
    # In a transaction of its own: a build that is refused leaves the plan, and the founder goes on from there.
    project_id = await _make_project(services, caller, goal)
    if form["do"] == "correct":
        return go_to(f"/p/{project_id}/plan")
    async with services.database.transaction() as tx:
        await services.generation.start(tx, caller.id, StartRequest(project_id, None), tier=caller.tier)
    background_tasks.add_task(process_next_job, services.queue)
    return go_to(f"/p/{project_id}")


async def _let_model_design(
    services: Services, caller: BuildingCaller, goal: str, background_tasks: BackgroundTasks
) -> Response:
    """A project that the model plans from the goal alone; none is made when the model cannot be asked."""
    goal_text = check_text(GOAL, goal, called="Your idea")
    # Before a project is made, so that a model that does not answer leaves none behind.
    await services.models.require_answering(caller.id)
    async with services.database.transaction() as tx:
        name = " ".join(goal_text.split())[:NAME_LENGTH]
        view = await services.projects.create(tx, caller.id, name=name, description="")
        request = StartRequest(view.project.id, goal_text, engine=MODEL_ENGINE)
        await services.generation.start(tx, caller.id, request, tier=caller.tier)
    background_tasks.add_task(process_next_job, services.queue)
    return go_to(f"/p/{view.project.id}")


async def _read_goal(goal: str) -> tuple[AppSpec | None, str]:
    """The specification for a goal, or why there is none."""
    try:
        return await specify_goal(check_text(GOAL, goal, called="Your idea")), ""
    except InvalidInput as error:
        remedy = f" {error.remedy}" if isinstance(error, GoalRefused) and error.remedy else ""
        return None, f"{error.detail}{remedy}"


async def _make_project(services: Services, caller: BuildingCaller, goal: str) -> ProjectId:
    spec = await specify_goal(check_text(GOAL, goal, called="Your idea"))
    async with services.database.transaction() as tx:
        view = await services.beginnings.begin(tx, caller.id, spec)
    return view.project.id


def _new_page(
    request: Request, *, goal: str, spec: AppSpec | None = None, status: int = 200, **values: Any
) -> Response:
    plan, questions = (plan_of(spec), questions_of(spec)) if spec is not None else (None, ())
    context = {"plan": plan, "questions": questions, "refusal": "", "near": (), **values}
    return page(request, "new.html", status=status, goal=goal, examples=EXAMPLES, **context)
