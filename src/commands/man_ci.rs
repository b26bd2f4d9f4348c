//! The manual's pages about CI systems: what a job is to them, and a workflow to copy. A test runs each workflow against loopback.

use crate::commands::man_page::Sheet;

/// A page about one CI system.
pub struct Guide {
    /// As in `oat man NAME`.
    pub name: &'static str,
    /// Behind the page's name.
    about: &'static str,
    /// How the system tells who a job is.
    identity: &'static str,
    /// Where the workflow goes, and the workflow.
    workflow: (&'static str, &'static str),
    /// What to know of its steps.
    steps: &'static str,
    /// What goes wrong, and why: a list.
    trouble: &'static str,
}

/// The pages, in the order of the manual.
pub const GUIDES: [Guide; 6] = [GITHUB, GITLAB, CIRCLECI, BUILDKITE, AZURE, KUBERNETES];

const GITHUB: Guide = Guide {
    name: "github-actions",
    about: "tokens in GitHub Actions, and in Forgejo and Gitea, without a stored secret",
    identity: "GitHub signs a JWT for each job that asks: `iss` is https://token.actions.githubusercontent.com (on GitHub Enterprise Server https://HOST/_services/token), `aud` is what OAT_SUBJECT_AUDIENCE asks for, and `sub` says which repository, branch or environment it is. Repositories that were made or renamed after 2026-07-15 have `sub` with numbers in it, as in repo:OWNER@ID/REPO@ID:ref:refs/heads/main, and a `:` within a name is written %3A. `oat token subject | oat inspect - --offline` shows all claims in a job.\n\nThe server is told once to trust that issuer, with that audience, for that subject.",
    workflow: (
        ".github/workflows/report.yml",
        r#"name: report
on: push
permissions:
  id-token: write       # lets the job ask GitHub who it is
  contents: read
env:
  OAT_TOKEN_ENDPOINT: https://login.example.com/token
  OAT_GRANT: token_exchange
  OAT_SUBJECT: github-actions
  OAT_SUBJECT_AUDIENCE: https://login.example.com
  OAT_SCOPE: reports
  OAT_STORE: file       # the steps of a job share one token
jobs:
  report:
    runs-on: ubuntu-latest
    steps:
      - name: one request
        run: oat token get --format curl | curl --fail -K - https://api.example.com/reports
      - name: for the steps that follow
        run: oat token get --to github-env=API_TOKEN
      - name: one of them
        run: test -n "$API_TOKEN"
      - name: for hours
        run: oat exec --file-env API_TOKEN_FILE -- sh -c 'test -s "$API_TOKEN_FILE"'
"#,
    ),
    steps: "Each token is masked in the log before it is printed or handed on. A value that was masked cannot be the output of a job: hand on the identity, and let each job get a token of its own.\n\nWhat `--to github-env=NAME` writes is seen by the steps that follow, as $NAME, and does not change when the token ends. For a job that outlives its token, `oat exec --file-env` keeps a file fresh for as long as its command runs; GitHub lets a job ask for its identity as long as it runs.",
    trouble: "- ACTIONS_ID_TOKEN_REQUEST_URL is not set\nThe workflow or the job lacks `permissions: id-token: write`. A pull request from a fork never gets it.\n- the server refuses the subject token\nCompare `iss`, `aud` and `sub`, which the message shows, with what the server trusts.\n- Forgejo and Gitea\nThey set the same variables; the issuer is the instance. On Forgejo (15 and later) the job says `enable-openid-connect: true` in place of `permissions`.",
};

const GITLAB: Guide = Guide {
    name: "gitlab-ci",
    about: "tokens in GitLab CI without a stored secret",
    identity: "GitLab signs a JWT for each entry of `id_tokens` and puts it into the variable of that name: `iss` is the instance, `aud` is as written, and `sub` says which project, and which branch or tag, as in project_path:group/project:ref_type:branch:ref:main. It ends with the job's time-out, or after 5 minutes where there is none. Nothing is fetched: `oat` reads the variable. With `OAT_SUBJECT=gitlab` it is the one whose name ends in ID_TOKEN or OIDC_TOKEN; `gitlab,name=NAME` says which.\n\nThe server is told once to trust that issuer, with that audience, for that subject.",
    workflow: (
        ".gitlab-ci.yml",
        r#"report:
  id_tokens:
    LOGIN_ID_TOKEN:
      aud: https://login.example.com
  variables:
    OAT_TOKEN_ENDPOINT: https://login.example.com/token
    OAT_GRANT: token_exchange
    OAT_SUBJECT: gitlab
    OAT_SCOPE: reports
    OAT_STORE: file     # the commands of a job share one token
  script:
    - oat token get --format curl | curl --fail -K - https://api.example.com/reports
    - oat exec --env API_TOKEN -- sh -c 'test -n "$API_TOKEN"'
    - oat exec --file-env API_TOKEN_FILE -- sh -c 'test -s "$API_TOKEN_FILE"'
"#,
    ),
    steps: "GitLab masks the variables of its settings and nothing that a job finds out, so keep a token out of the log: `oat exec` and `--to file=PATH` print nothing. Do not put a token into a dotenv report: whoever may read the job can download it.\n\nThe identity ends with the job, and a token that is asked for later than that cannot be had: where a job has `id_tokens` and no time-out, ask within 5 minutes.",
    trouble: "- no variable whose name ends in ID_TOKEN or OIDC_TOKEN\nThe job lacks `id_tokens`; the message has the lines to add.\n- the token ended\nThe identity is older than it may be. `timeout` of the job sets its lifetime.\n- the server refuses the subject token\nCompare `iss`, `aud` and `sub`, which the message shows, with what the server trusts. `sub` of a merge request names its source branch.",
};

const CIRCLECI: Guide = Guide {
    name: "circleci",
    about: "tokens in CircleCI without a stored secret",
    identity: "CircleCI signs a JWT for each job: `iss` is https://oidc.circleci.com/org/ORGANIZATION-ID, and `sub` says which organization, project and user, as in org/ID/project/ID/user/ID. The one in CIRCLE_OIDC_TOKEN_V2 has the organization's id as `aud`. Where OAT_SUBJECT_AUDIENCE names another, `circleci run oidc get` is run for one, which is on every machine of CircleCI.\n\nThe server is told once to trust that issuer, with that audience, for that subject.",
    workflow: (
        ".circleci/config.yml",
        r#"version: 2.1
jobs:
  report:
    docker:
      - image: cimg/base:current
    environment:
      OAT_TOKEN_ENDPOINT: https://login.example.com/token
      OAT_GRANT: token_exchange
      OAT_SUBJECT: circleci
      OAT_SUBJECT_AUDIENCE: https://login.example.com
      OAT_SCOPE: reports
      OAT_STORE: file   # the steps of a job share one token
    steps:
      - checkout
      - run: oat token get --format curl | curl --fail -K - https://api.example.com/reports
      - run: oat exec --env API_TOKEN -- sh -c 'test -n "$API_TOKEN"'
      - run: oat exec --file-env API_TOKEN_FILE -- sh -c 'test -s "$API_TOKEN_FILE"'
workflows:
  report:
    jobs:
      - report:
          context: [oat]   # any context: a job without one gets no token
"#,
    ),
    steps: "CircleCI masks the values of contexts and project variables and nothing that a job finds out, so keep a token out of the log: `oat exec` and `--to file=PATH` print nothing.",
    trouble: "- CIRCLE_OIDC_TOKEN_V2 is not set\nThe job names no `context`, or it runs for a fork, and the project does not pass secrets to those.\n- the server refuses the subject token\nCompare `iss`, `aud` and `sub`, which the message shows, with what the server trusts.",
};

const BUILDKITE: Guide = Guide {
    name: "buildkite",
    about: "tokens in Buildkite without a stored secret",
    identity: "Buildkite signs a JWT for each job that asks: `iss` is https://agent.buildkite.com, `aud` is what OAT_SUBJECT_AUDIENCE asks for, and `sub` says which organization, pipeline and branch, as in organization:ORG:pipeline:PIPELINE:ref:refs/heads/main:commit:HASH:step:STEP. `oat` asks the agent's endpoint as the agent itself does; no other program is needed.\n\nThe server is told once to trust that issuer, with that audience, for that subject.",
    workflow: (
        ".buildkite/pipeline.yml",
        r#"env:
  OAT_TOKEN_ENDPOINT: https://login.example.com/token
  OAT_GRANT: token_exchange
  OAT_SUBJECT: buildkite
  OAT_SUBJECT_AUDIENCE: https://login.example.com
  OAT_SCOPE: reports
  OAT_STORE: none       # agents live on: nothing is left behind
steps:
  - label: report
    commands:
      - oat token get --format curl | curl --fail -K - https://api.example.com/reports
      - oat exec --env API_TOKEN -- sh -c 'test -n "$$API_TOKEN"'
      - oat exec --file-env API_TOKEN_FILE -- sh -c 'test -s "$$API_TOKEN_FILE"'
"#,
    ),
    steps: "In a pipeline that is uploaded, Buildkite fills `$NAME` in before the job begins; `$$NAME` is left to the job.\n\nThe agent takes the identity out of the log, and not the token that it is exchanged for: `oat exec` and `--to file=PATH` print nothing.",
    trouble: "- BUILDKITE_AGENT_ACCESS_TOKEN is not set\nThe command does not run in a job, or runs in a container that the variables are not passed to.\n- the server refuses the subject token\nCompare `iss`, `aud` and `sub`, which the message shows, with what the server trusts.",
};

const AZURE: Guide = Guide {
    name: "azure-pipelines",
    about: "tokens in Azure Pipelines without a stored secret",
    identity: "Azure DevOps signs a JWT for a job and one of its service connections: `iss` is https://vstoken.dev.azure.com/ORGANIZATION-ID, `aud` is api://AzureADTokenExchange, and `sub` says which connection, as in sc://ORG/PROJECT/CONNECTION. The id of the connection stands at the end of its address. No audience can be asked for.\n\nMicrosoft Entra is told once to trust that issuer and that subject, as a federated credential of an app registration.",
    workflow: (
        "azure-pipelines.yml",
        r#"trigger:
  - main
pool:
  vmImage: ubuntu-latest
variables:
  OAT_PROVIDER: entra
  OAT_TENANT: contoso.onmicrosoft.com
  OAT_CLIENT_ID: 11111111-2222-3333-4444-555555555555
  OAT_GRANT: client_credentials
  OAT_SUBJECT: azure-devops,service_connection=66666666-7777-8888-9999-000000000000
  OAT_SCOPE: https://api.example.com/.default
  OAT_STORE: file       # the steps of a job share one token
steps:
  - bash: oat token get --format curl | curl --fail -K - https://api.example.com/reports
    displayName: one request
    env:
      SYSTEM_ACCESSTOKEN: $(System.AccessToken)
  - bash: oat token get --to ado-var=API_TOKEN
    displayName: for the steps that follow
    env:
      SYSTEM_ACCESSTOKEN: $(System.AccessToken)
  - bash: test -n "$API_TOKEN"
    displayName: one of them
    env:
      API_TOKEN: $(API_TOKEN)
  - bash: oat exec --file-env API_TOKEN_FILE -- sh -c 'test -s "$API_TOKEN_FILE"'
    displayName: for hours
    env:
      SYSTEM_ACCESSTOKEN: $(System.AccessToken)
"#,
    ),
    steps: "Each token is declared a secret to the agent before it is printed or handed on, so the log shows *** in its place. A secret variable is not in the environment of a step until `env` maps it, and neither is SYSTEM_ACCESSTOKEN.",
    trouble: "- SYSTEM_ACCESSTOKEN is not set\nThe step lacks the `env` line that maps it.\n- AADSTS70021 or AADSTS700213\nNo federated credential of the app fits: compare `iss`, `aud` and `sub`, which the message shows, with it, letter by letter.",
};

const KUBERNETES: Guide = Guide {
    name: "kubernetes",
    about: "tokens in a pod of Kubernetes without a stored secret",
    identity: "The cluster signs a JWT for the pod's service account and puts it into a file: `iss` is the cluster's issuer, `aud` is as the volume says, and `sub` is system:serviceaccount:NAMESPACE:NAME. The kubelet writes it anew before it ends, so it is read each time, and a `subPath` mount, which never changes, is of no use. Without `file`, it is the one at AZURE_FEDERATED_TOKEN_FILE, which AKS sets, else at /var/run/secrets/kubernetes.io/serviceaccount/token.\n\nThe server is told once to trust that issuer, with that audience, for that subject.",
    workflow: (
        "pod.yaml",
        r#"apiVersion: v1
kind: Pod
metadata:
  name: report
spec:
  serviceAccountName: report
  containers:
    - name: report
      image: registry.example.com/report-with-oat
      env:
        - name: OAT_TOKEN_ENDPOINT
          value: https://login.example.com/token
        - name: OAT_GRANT
          value: token_exchange
        - name: OAT_SUBJECT
          value: kubernetes,file=/var/run/secrets/oat/token
        - name: OAT_SCOPE
          value: reports
        - name: OAT_STORE
          value: none
      command: [oat, exec, --file-env, API_TOKEN_FILE, --, sh, -c, 'test -s "$API_TOKEN_FILE"']
      volumeMounts:
        - name: identity
          mountPath: /var/run/secrets/oat
          readOnly: true
  volumes:
    - name: identity
      projected:
        sources:
          - serviceAccountToken:
              path: token
              audience: https://login.example.com
              expirationSeconds: 3600
"#,
    ),
    steps: "`oat exec` becomes the command, so signals and the exit code are the container's own; the file is kept fresh as long as it runs. In a container with a read-only root, mount an `emptyDir` with `medium: Memory` and set XDG_RUNTIME_DIR to it.",
    trouble: "- the file is not there\nThe pod has no projected volume, or its service account has `automountServiceAccountToken: false`.\n- the server refuses the subject token\nCompare `iss`, `aud` and `sub`, which the message shows, with what the server trusts. It has to reach the cluster's key set, or to be given it.",
};

const OVERVIEW: &str = "A CI system signs who a job is. `oat` hands that to an authorization server that trusts the CI system, and gets an access token that lives for minutes: no secret is stored anywhere, and no profile file is needed, since every key of a profile is a variable too. `oat token get --explain` says for each of them where it came from and what would be sent, and sends nothing.\n\nThe identity is asked for anew each time that a token is fetched, and is never stored. A kept access token is bound to the job that it was got in: no other job is handed it, whatever it finds in the store.";

const SYSTEMS: &str =
    "`OAT_SUBJECT=auto` takes the one that it finds itself in. `oat token subject | oat inspect - --offline` shows what an identity says.";

/// A CI system, what `OAT_SUBJECT` is there, and what the job needs.
const SUBJECTS: [(&str, &str); 8] = [
    (
        "github-actions",
        "GitHub Actions, Forgejo, Gitea: `permissions: id-token: write`, on Forgejo `enable-openid-connect: true`. See `oat-github-actions`(7).",
    ),
    ("gitlab", "GitLab CI: an entry of `id_tokens`. See `oat-gitlab-ci`(7)."),
    ("circleci", "CircleCI: nothing. See `oat-circleci`(7)."),
    ("buildkite", "Buildkite: nothing. See `oat-buildkite`(7)."),
    ("azure-devops,service_connection=ID", "Azure Pipelines: SYSTEM_ACCESSTOKEN, mapped. See `oat-azure-pipelines`(7)."),
    ("kubernetes", "A pod: a projected service account token. See `oat-kubernetes`(7)."),
    ("gcp", "A machine of Google Cloud: nothing."),
    (
        "env:NAME, file:PATH",
        "Any other: a variable or a file with the identity, such as a SPIFFE JWT-SVID. A profile may name a command, too.",
    ),
];

const SERVERS: &str = "What is set beside OAT_SUBJECT, and OAT_SUBJECT_AUDIENCE where the server wants another than is usual for it:";

/// A server that trusts a CI system, and the variables that it needs.
const SERVER_VARIABLES: [(&str, &str); 10] = [
    (
        "Token exchange (RFC 8693), any server",
        "OAT_ISSUER or OAT_TOKEN_ENDPOINT, `OAT_GRANT=token_exchange`; OAT_AUDIENCE, OAT_RESOURCE and OAT_SCOPE as it wants them; OAT_CLIENT_ID, and what proves it, where it wants a client.",
    ),
    ("JWT bearer (RFC 7523), any server", "The same with `OAT_GRANT=jwt_bearer`."),
    ("Client assertion (RFC 7523), any server", "OAT_CLIENT_ID, `OAT_GRANT=client_credentials`: the identity proves the client."),
    ("Google Cloud", "`OAT_PROVIDER=google-sts` and OAT_AUDIENCE, the full name of the workload identity provider."),
    (
        "Microsoft Entra",
        "`OAT_PROVIDER=entra`, OAT_TENANT, OAT_CLIENT_ID, OAT_SCOPE, `OAT_GRANT=client_credentials`, for a federated credential of the app.",
    ),
    (
        "Dex",
        "`OAT_PROVIDER=dex`, `OAT_GRANT=token_exchange`, OAT_BASE_URL, OAT_REALM (the connector's id), OAT_CLIENT_ID, OAT_CLIENT_SECRET.",
    ),
    ("Buildkite's API", "`OAT_PROVIDER=buildkite`, OAT_CLIENT_ID."),
    (
        "OpenAI, OpenRouter",
        "`OAT_PROVIDER=openai` with OAT_REALM (the identity provider's id) and OAT_TENANT (the service account's); `OAT_PROVIDER=openrouter` with OAT_REALM (the federation policy's id).",
    ),
    (
        "Anthropic",
        "`OAT_PROVIDER=anthropic` with OAT_REALM (the federation rule's id), OAT_TENANT (the organization's) and OAT_ORGANIZATION (the service account's).",
    ),
    ("AWS", "Not OAuth. `oat token subject --out FILE` writes the identity for AWS_WEB_IDENTITY_TOKEN_FILE."),
];

/// The roff of the page about all of them.
pub fn overview() -> String {
    let mut sheet = Sheet::new("oat-ci", "7");
    sheet.heading("NAME").text("oat-ci - tokens in CI without a stored secret");
    sheet.heading("DESCRIPTION").paragraphs(OVERVIEW);
    sheet.heading("WHO A JOB IS").paragraphs(SYSTEMS);
    SUBJECTS.iter().for_each(|(subject, text)| sheet.entry(&format!("OAT_SUBJECT={subject}"), text));
    sheet.heading("WHO TRUSTS IT").paragraphs(SERVERS);
    SERVER_VARIABLES.iter().for_each(|(server, text)| sheet.entry(server, text));
    sheet.heading("HOW A TOKEN IS HANDED ON").paragraphs(HANDING_ON);
    sheet.heading("SEE ALSO").text("`oat-token-get`(1), `oat-token-subject`(1), `oat-exec`(1), `oat-config`(5)");
    sheet.finish()
}

const HANDING_ON: &str = "- oat exec -- COMMAND\nIn the environment of one command, and nowhere else.\n- oat exec --file-env NAME -- COMMAND\nIn a private file that is kept fresh for as long as the command runs, its path in NAME.\n- oat token get --format curl | curl -K - URL\nTo one request, and to nobody's argument list.\n- oat token get --to WHERE\nTo the steps that follow, by the CI system's own means; masked in its log first.";

/// The roff of a page about one of them.
pub fn page(guide: &Guide) -> String {
    let name = format!("oat-{}", guide.name);
    let mut sheet = Sheet::new(&name, "7");
    sheet.heading("NAME").text(&format!("{name} - {}", guide.about));
    sheet.heading("WHO A JOB IS").paragraphs(guide.identity);
    let (file, workflow) = guide.workflow;
    sheet.heading("WORKFLOW").text(&format!("{file}; `oat` is on the PATH where it runs."));
    sheet.literal(&workflow.lines().collect::<Vec<_>>());
    sheet.heading("STEPS").paragraphs(guide.steps);
    sheet.heading("TROUBLE").paragraphs(guide.trouble);
    sheet.heading("SEE ALSO").text("`oat-ci`(7), `oat-token-get`(1), `oat-exec`(1), `oat-config`(5)");
    sheet.finish()
}
