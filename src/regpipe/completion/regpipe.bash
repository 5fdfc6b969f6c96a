# Completion of regpipe for bash. Load it with:  source <(regpipe completion bash)

_regpipe() {
    local line=${COMP_LINE:0:COMP_POINT} word reply
    COMPREPLY=()
    reply=$(regpipe completion --candidates "$line" 2>/dev/null) || return
    # What readline replaces begins after the last character that breaks words, such as a colon.
    word=${line##*[[:space:]]}
    local cut=${word%"${word##*[:=]}"}
    [[ $COMP_WORDBREAKS == *:* ]] || cut=''
    local candidate
    while IFS=$'\t' read -r candidate _; do
        case $candidate in
            '') ;;
            :files) compopt -o filenames 2>/dev/null && mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
            *)
                COMPREPLY+=("${candidate#"$cut"}")
                [[ $candidate == *[:=/] ]] && compopt -o nospace 2>/dev/null
                ;;
        esac
    done <<<"$reply"
}

complete -F _regpipe regpipe
