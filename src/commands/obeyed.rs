//! Variables that programs obey: a token in one of them would be taken for a program, an option or a host.

/// Those of loaders, interpreters, shells and clients. What ends with `*` stands for all that begin so.
const OBEYED: &str = "PATH PATHEXT HOME SHELL COMSPEC SYSTEMROOT WINDIR USER LOGNAME PWD OLDPWD IFS ENV CDPATH TERM TMPDIR TMP TEMP PS1 PS2 PS4 \
    PROMPT_COMMAND SHELLOPTS BASHOPTS BASH_* LD_* DYLD_* GCONV_PATH NLSPATH LC_* LANG LOCPATH TERMINFO MALLOC_* XDG_* DBUS_* ACTIONS_* \
    NODE_OPTIONS NODE_PATH PYTHONPATH PYTHONHOME PYTHONSTARTUP PERL5OPT PERL5LIB PERL5DB PERLLIB RUBYOPT RUBYLIB LUA_INIT CLASSPATH \
    JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS DOTNET_STARTUP_HOOKS PSMODULEPATH GIT_SSH* GIT_ASKPASS GIT_CONFIG* GIT_EXEC_PATH \
    GIT_EXTERNAL_DIFF GIT_PROXY_COMMAND GIT_EDITOR GIT_PAGER SSH_ASKPASS PAGER EDITOR VISUAL BROWSER \
    HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY SSL_CERT_* SSLKEYLOGFILE";

/// Whether it is one of them.
pub fn obeyed(name: &str) -> bool {
    named_in(OBEYED, name)
}

/// Whether a list such as the one above has the name. Case counts for nothing: on Windows it does not either.
pub fn named_in(list: &str, name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let meant = |word: &str| word.strip_suffix('*').map_or(word == name, |start| name.starts_with(start));
    list.split_ascii_whitespace().any(meant)
}
