"""`quorum train`: one recipe file is one training run."""

import argparse
import importlib
import os
from pathlib import Path

# name -> (module, its recipe class, one line of help); the module has `train(recipe, folder, *, overwrite)`
TRAINERS = {
    "ssft": ("generator.ssft", "SsftRecipe", "a generator on solutions (supervised solution fine-tuning)"),
    "evaluator": ("evaluator", "EvaluatorRecipe", "an evaluator on graded samples"),
    "self-sampling": (
        "generator.self_sampling",
        "SelfSamplingRecipe",
        "a generator on its own fully and partially correct samples",
    ),
    "self-training": (
        "quorum.pipelines.self_training",
        "SelfTrainingRecipe",
        "a generator on its own correct samples, round by round: ReST-EM and its relatives",
    ),
    "sequential": ("quorum.pipelines.sequential", "SequentialRecipe", "generator, evaluator, generator again"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    subparsers = parser.add_subparsers(dest="trainer", required=True, metavar="TRAINER")
    for name, (_, _, text) in TRAINERS.items():
        trainer = subparsers.add_parser(name, help=text, description=f"Train {text}.")
        trainer.add_argument("--config", type=Path, required=True, metavar="FILE", help="the recipe, in YAML")
        trainer.add_argument(
            "--set",
            dest="overrides",
            action="append",
            default=[],
            metavar="KEY.KEY=VALUE",
            help="override one setting of the recipe, as optimizer.lr=0.001; once a setting",
        )
        trainer.add_argument(
            "-o", "--output", type=Path, required=True, metavar="DIR", help="the run's folder; the same one resumes"
        )
        trainer.add_argument("--overwrite", action="store_true", help="start again, without what the folder holds")


def run(args: argparse.Namespace) -> int:
    """Train, or go on with a run that was interrupted; print the model folder."""
    from reasoning.config import load_recipe

    module_name, recipe_name, _ = TRAINERS[args.trainer]
    recipes = importlib.import_module(f"{module_name}.recipe")
    recipe = load_recipe(getattr(recipes, recipe_name), args.config, args.overrides)
    trainer = importlib.import_module(f"{module_name}.train")
    model = trainer.train(recipe, args.output, overwrite=args.overwrite)
    if os.environ.get("RANK", "0") == "0":  # under torchrun, every process is here
        print(model)
    return 0
