"""Development containers: which files are ones, and the images in them."""

from regpipe.refs.kinds import devcontainer
from support.refs import lines, unresolved, values


def test_the_name_says_it() -> None:
    assert devcontainer.claims("/src/.devcontainer/devcontainer.json")
    assert devcontainer.claims("/src/.devcontainer.json")
    assert not devcontainer.claims("/src/my-devcontainer.json")


def test_the_image_and_the_features_are_found() -> None:
    text = """\
        // A comment
        {
        \t"name": "x", /* "image": "not:this" */
        \t"image": "mcr.test/base:1", // "
        \t"features": {
        \t\t"ghcr.io/a/features/node:1": {},
        \t\t"./local": {}, "docker-in-docker": {},
        \t\t"https://x.test/a.tgz": {}, "x.test/a/b.tgz": {},
        \t},
        \t"url": "http://x.test/\\"//y",
        }
        """
    assert lines(text, "devcontainer") == [
        (4, "mcr.test/base:1"),
        (6, "ghcr.io/a/features/node:1"),
    ]


def test_variables_of_the_environment_have_their_defaults() -> None:
    text = '{"image": "a:${localEnv:TAG:1}"}'
    assert values(text, "devcontainer") == ["a:1"]
    assert values(text, "devcontainer", variables={"TAG": "2"}) == ["a:2"]
    ((found, reason),) = unresolved('{"image": "a:${localEnv:TAG}"}', "devcontainer")
    assert found == "a:${localEnv:TAG}"
    assert "the variable TAG has no value here" in reason


def test_anything_else_is_passed_over() -> None:
    assert values('{"build": {"dockerfile": "Dockerfile"}}', "devcontainer") == []
    assert values('{"image": null, "features": null}', "devcontainer") == []
    assert values("[]", "devcontainer") == []
