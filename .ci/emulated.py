"""infra/aws/template.yaml as an emulator can take it. What is changed is listed in `emulated`; everything
else is deployed as it stands."""

import pathlib

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUCKET = "packages"
UNKNOWN = ("AWS::ApplicationAutoScaling::ScalableTarget", "AWS::ApplicationAutoScaling::ScalingPolicy")


def load_template():
    """The template as JSON knows it: `!Ref x` is {"Ref": x}, `!Sub x` is {"Fn::Sub": x}."""

    class Loader(yaml.SafeLoader):
        pass

    def tagged(loader, suffix, node):
        name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
        if isinstance(node, yaml.ScalarNode):
            value = loader.construct_scalar(node)
            value = value.split(".", 1) if suffix == "GetAtt" else value
        elif isinstance(node, yaml.SequenceNode):
            value = loader.construct_sequence(node, deep=True)
        else:
            value = loader.construct_mapping(node, deep=True)
        return {name: value}

    Loader.add_multi_constructor("!", tagged)
    # `2012-10-17` is a text here, not a day.
    Loader.yaml_implicit_resolvers = {
        first: [(tag, form) for tag, form in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in Loader.yaml_implicit_resolvers.items()
    }
    return yaml.load((ROOT / "infra/aws/template.yaml").read_text(), Loader)


def is_unknown(resource):
    return resource["Type"] in UNKNOWN or "Metrics" in resource.get("Properties", {})


def emulated(template, endpoint, stream_url):
    """What an emulator without a network and an ARM machine needs otherwise."""
    parameters, resources = template["Parameters"], template["Resources"]
    # The simulated carrier speaks plain HTTP.
    for name in ("KnowlarityApiUrl", "ElevenLabsApiUrl"):
        parameters[name].pop("AllowedPattern", None)
    template["Globals"]["Function"]["Architectures"] = ["x86_64"]
    template["Globals"]["Function"].pop("CodeUri", None)
    names = []
    for resource in resources.values():
        if resource["Type"] == "AWS::Serverless::Function":
            name = resource["Metadata"]["BuildProperties"]["Binary"]
            names.append(name)
            properties = resource["Properties"]
            properties["CodeUri"] = {"Bucket": BUCKET, "Key": f"{name}.zip"}
            properties.setdefault("Environment", {}).setdefault("Variables", {}).update(
                {
                    "AWS_ENDPOINT_URL_DYNAMODB": endpoint,
                    "AWS_ENDPOINT_URL_SECRETS_MANAGER": endpoint,
                    "AWS_ENDPOINT_URL_S3": endpoint,
                    # The simulated CRM is on this machine.
                    "CALLBACK_ALLOW_PRIVATE": "true",
                }
            )
            if "SERVER_WEBSOCKET_URL" in properties["Environment"]["Variables"]:
                properties["Environment"]["Variables"]["SERVER_WEBSOCKET_URL"] = stream_url
    # What it does not know; tests/it/template reads those.
    for name in [name for name, resource in resources.items() if is_unknown(resource)]:
        del resources[name]
    # It starts no containers; the relay is a process beside it.
    resources["RelayService"]["Properties"]["DesiredCount"] = 0
    resources["RelayService"]["Properties"].pop("DeploymentConfiguration", None)
    return names
