# Completion of regpipe for fish. Load it with:  regpipe completion fish | source

function __regpipe_candidates
    set -l line (commandline --current-process --cut-at-cursor | string collect)
    for candidate in (regpipe completion --candidates "$line" 2>/dev/null)
        if string match --quiet ":files*" -- $candidate
            __fish_complete_path (commandline --current-token --cut-at-cursor)
        else
            echo -- $candidate
        end
    end
end

complete --command regpipe --no-files --arguments '(__regpipe_candidates)' --keep-order
