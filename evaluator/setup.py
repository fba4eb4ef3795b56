"""What a run needs before its first step."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from evaluator.data import check_apart
from evaluator.forward import cost_of
from evaluator.objective import Objective
from evaluator.recipe import EvaluatorRecipe
from evaluator.training_data import TrainingData, as_text, load_training_data
from evaluator.trees import Cost
from evaluator.validation import Validation, load_validation
from evaluator.verdict import VerdictTokens, audit_labels
from reasoning.tokenizer import load_tokenizer
from reasoning.training.engine import Engine
from reasoning.training.models import base_model, context_length
from reasoning.training.plan import Plan
from reasoning.training.processes import Place
from reasoning.training.run_folder import RunFolder
from reasoning.training.start import model_to_train, num_steps, start_engine


@dataclass(frozen=True)
class Run:
    """What the parts of one run share.

    Attributes:
        verdict: the tokenizer with its label audit.
        base: the model as transformers has it; adapters are put into it.
        output_layer: its last layer.
        plan: of groups of `data`.
    """

    recipe: EvaluatorRecipe
    folder: RunFolder
    place: Place
    tokenizer: PreTrainedTokenizerBase
    verdict: VerdictTokens
    base: PreTrainedModel
    output_layer: nn.Module
    engine: Engine
    objective: Objective
    data: TrainingData
    plan: Plan
    num_steps: int
    validation: Validation | None


def prepare(recipe: EvaluatorRecipe, folder: RunFolder, place: Place) -> Run:
    """Read data and model, audit the labels, and say what was found.

    Raises:
        InputError: the recipe, the data or the model is not what it must be.
    """
    assert recipe.model.from_ is not None
    validation = None if recipe.validation is None else load_validation(recipe.validation)
    tokenizer = load_tokenizer(recipe.model.from_)
    verdict = VerdictTokens(tokenizer, audit_labels(tokenizer))
    base: Any = base_model(recipe.model, tokenizer, seed=recipe.seed)
    cost = cost_of(base) if recipe.batch.merge else Cost(1.0, 0.0, 0)
    max_tokens = recipe.length.max_tokens or context_length(base)
    data = load_training_data(recipe, verdict, cost=cost, max_tokens=max_tokens)
    if validation is not None:
        check_apart(data.groups, validation.groups, name=", ".join(map(str, recipe.data.paths)))
    place.say(f"{sum(p.numel() for p in base.parameters()):,} parameters; reads {verdict.audit.to_json()['reads']}")
    for line in as_text(data):
        place.say(line)
    plan = Plan(data.lengths, [len(data.lengths)], [1.0], recipe.batch.tokens, recipe.seed)
    model = model_to_train(base, run=recipe.run, lora=recipe.lora, seed=recipe.seed)
    dtype = torch.bfloat16 if recipe.run.precision == "bf16" else torch.float32
    return Run(
        recipe=recipe,
        folder=folder,
        place=place,
        tokenizer=tokenizer,
        verdict=verdict,
        base=base,
        output_layer=base.get_output_embeddings(),
        engine=start_engine(model, optimizer=recipe.optimizer, run=recipe.run, place=place),
        objective=Objective(recipe.loss, verdict.audit, cost, place.device, dtype),
        data=data,
        plan=plan,
        num_steps=num_steps(recipe.run, plan),
        validation=validation,
    )
