"""How a function is known at GitHub, by its settings: as an App whose key stays in KMS, or by a token kept in SSM."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from kaizen.github import viewer
from kaizen.github.auth import App, AppAuth, JwtAuth, TokenAuth
from kaizen.github.client import Github
from kaizen.github.comments import Author
from kaizen.github.kms import Kms, kms_signer
from kaizen.runtime.outbound import Send
from kaizen.runtime.rotation import ReadSecret
from kaizen.runtime.settings import Settings, SettingsError


@dataclass(frozen=True)
class GithubSettings(Settings):
    """Base of the settings of a function that asks GitHub. `github_app_signer` is the id or ARN of a key in KMS."""

    github_api_url: str
    github_token_parameter: str
    github_app_id: str | None
    github_app_installation_id: str | None
    github_app_signer: str | None

    @property
    def app(self) -> App | None:
        """None where there is no App. Raises SettingsError for one that is half set up."""
        given = (self.github_app_id, self.github_app_installation_id, self.github_app_signer)
        if not any(given):
            return None
        if self.github_app_id is None or self.github_app_installation_id is None or self.github_app_signer is None:
            raise SettingsError("GithubAppId, GithubAppInstallationId and GithubAppSigner are set together, or none")
        if not self.github_app_id.isdecimal() or not self.github_app_installation_id.isdecimal():
            raise SettingsError("GithubAppId and GithubAppInstallationId are numbers")
        return App(self.github_app_id, int(self.github_app_installation_id))


def github(
    given: GithubSettings, read: ReadSecret, send: Send, clock: Callable[[], datetime], kms: Callable[[], Kms]
) -> Github:
    """The client. `kms` builds the AWS client, only where there is an App; `read` gives a secret, only where not.

    Raises SettingsError.
    """
    app = given.app
    if app is None:
        return Github(given.github_api_url, TokenAuth(given.github_token_parameter, read), send, clock)
    signer = kms_signer(kms(), given.github_app_signer or "")
    return Github(given.github_api_url, AppAuth(app, given.github_api_url, signer, send, clock), send, clock)


def app_itself(given: GithubSettings, send: Send, clock: Callable[[], datetime], kms: Callable[[], Kms]) -> Github:
    """The client for what belongs to the App and to no installation. Raises SettingsError, also where there is none."""
    app = given.app
    if app is None:
        raise SettingsError("no GitHub App is set up")
    auth = JwtAuth(app.app_id, kms_signer(kms(), given.github_app_signer or ""), clock)
    return Github(given.github_api_url, auth, send, clock)


def author(given: GithubSettings, asked: Github) -> Author:
    """Whose comments are ours: the App's, or those of the token's owner. Raises GithubError, SettingsError."""
    app = given.app
    return Author(app_id=int(app.app_id)) if app is not None else viewer.author(asked)
