# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_labelgate_global_optspecs
    string join \n json y/yes timeout= socket= remote= credentials= h/help V/version
end

function __fish_labelgate_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_labelgate_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_labelgate_using_subcommand
    set -l cmd (__fish_labelgate_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c labelgate -n "__fish_labelgate_needs_command" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_needs_command" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_needs_command" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_needs_command" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_needs_command" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_needs_command" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c labelgate -n "__fish_labelgate_needs_command" -s V -l version -d 'Print version'
complete -c labelgate -n "__fish_labelgate_needs_command" -f -a "status" -d 'Show the gateway as a whole'
complete -c labelgate -n "__fish_labelgate_needs_command" -f -a "store" -d 'Stores: the directories that hold images'
complete -c labelgate -n "__fish_labelgate_needs_command" -f -a "image" -d 'Images: virtual disks'
complete -c labelgate -n "__fish_labelgate_needs_command" -f -a "identity" -d 'Identities: how connections prove who they are'
complete -c labelgate -n "__fish_labelgate_needs_command" -f -a "group" -d 'Group labels: the labels of disks that several VMs share'
complete -c labelgate -n "__fish_labelgate_needs_command" -f -a "level" -d 'Levels: labels that were given to somebody'
complete -c labelgate -n "__fish_labelgate_needs_command" -f -a "lease" -d 'Leases: the binding of a VM on a host to a label'
complete -c labelgate -n "__fish_labelgate_needs_command" -f -a "host" -d 'Hosts: who may ask over the network'
complete -c labelgate -n "__fish_labelgate_needs_command" -f -a "worker" -d 'Workers: the confined processes that serve, one per label'
complete -c labelgate -n "__fish_labelgate_needs_command" -f -a "audit" -d 'The audit trail'
complete -c labelgate -n "__fish_labelgate_needs_command" -f -a "reload" -d 'Read the configuration file again'
complete -c labelgate -n "__fish_labelgate_needs_command" -f -a "backup" -d 'Write a backup of the registry to a file. It holds every secret'
complete -c labelgate -n "__fish_labelgate_needs_command" -f -a "restore" -d 'Replace the registry by that of a backup'
complete -c labelgate -n "__fish_labelgate_needs_command" -f -a "metrics" -d 'Show the metrics, in Prometheus\' text format'
complete -c labelgate -n "__fish_labelgate_needs_command" -f -a "completions" -d 'Print the completions for a shell'
complete -c labelgate -n "__fish_labelgate_needs_command" -f -a "generate" -d 'Write man pages or completions, for packages'
complete -c labelgate -n "__fish_labelgate_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c labelgate -n "__fish_labelgate_using_subcommand status" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand status" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand status" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand status" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand status" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand status" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand status" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and not __fish_seen_subcommand_from add list show key rm help" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and not __fish_seen_subcommand_from add list show key rm help" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and not __fish_seen_subcommand_from add list show key rm help" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and not __fish_seen_subcommand_from add list show key rm help" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and not __fish_seen_subcommand_from add list show key rm help" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and not __fish_seen_subcommand_from add list show key rm help" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and not __fish_seen_subcommand_from add list show key rm help" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and not __fish_seen_subcommand_from add list show key rm help" -f -a "add" -d 'Add a directory as a store, a pool of a Ceph cluster, a volume of Gluster\'s, an upstream iSCSI target, or a directory of an upstream NFS server'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and not __fish_seen_subcommand_from add list show key rm help" -f -a "list" -d 'List stores'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and not __fish_seen_subcommand_from add list show key rm help" -f -a "show" -d 'Show one store. Its key, if it has one, is never shown'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and not __fish_seen_subcommand_from add list show key rm help" -f -a "key" -d 'Give a store that is a pool another key, or one that is a target other secrets. Keepers that run go on with what they have'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and not __fish_seen_subcommand_from add list show key rm help" -f -a "rm" -d 'Remove a store that has no images. Its directory, pool, volume, target or export stays as it is'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and not __fish_seen_subcommand_from add list show key rm help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l squash -d 'Which users of a label\'s clients to tell apart in its tree. With anything but "all", files have the owners that clients give them' -r -f -a "all\t'Everybody: all files are the label\'s'
root\t'Root, who is nobody then; others are told apart'
none\t'Nobody'"
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l monitors -d 'Where the cluster\'s monitors are: addresses with commas, as mon_host of ceph.conf has them' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l pool -d 'The pool' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l entity -d 'Who the gateway is there when it makes keys and images, such as client.labelgate' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l key-file -d 'The file with the entity\'s key, or its keyring; - for standard input' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l servers -d 'Where the volume\'s servers are: addresses or names with commas; whichever answers will do' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l volume -d 'The volume' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l directory -d 'The directory in the volume\'s root that images are beneath; it has to be there' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l portal -d 'Where the target is: an IP address, and a port if that is not 3260' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l target -d 'The target\'s name' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l initiator -d 'The name that the gateway logs in with, such as iqn.2026-11.io.labelgate:gateway' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l user -d 'The name that the gateway proves by CHAP, if the target wants a proof' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l target-user -d 'The name that the target has to prove by CHAP, if it has to' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l secret-file -d 'The file with the gateway\'s secret in its first line; - for standard input' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l target-secret-file -d 'The file with the target\'s secret in its first line' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l server -d 'The server\'s IP address' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l export -d 'The directory, as the server exports it' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l nfs-port -d 'The port of its NFS, if its port mapper is not to be asked' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l mount-port -d 'The port of its MOUNT, if its port mapper is not to be asked' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l uid -d 'Whose files they are on the server' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l gid -d 'Their group on the server' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l trees -d 'Give every label a tree of files of its own in it, for its NFS clients'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l rbd -d 'Add a pool of a Ceph cluster, whose RBD images are served'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l gluster -d 'Add a volume of Gluster\'s, whose files are served'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l iscsi -d 'Add an upstream iSCSI target, whose logical units are served'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l shared -d 'Take credentials that open more than one logical unit. Whoever takes over the keeper of one label then reaches all that they open'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l nfs -d 'Add a directory that an upstream NFS server exports, whose files are served'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from list" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from list" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from list" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from list" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from list" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from list" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from show" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from show" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from show" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from show" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from show" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from show" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from key" -l key-file -d 'The file with the key of its entity, or its keyring; - for standard input' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from key" -l secret-file -d 'The file with the gateway\'s secret in its first line; - for standard input' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from key" -l target-secret-file -d 'The file with the target\'s secret in its first line' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from key" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from key" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from key" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from key" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from key" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from key" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from key" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from rm" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from rm" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from rm" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from rm" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from rm" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from rm" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add a directory as a store, a pool of a Ceph cluster, a volume of Gluster\'s, an upstream iSCSI target, or a directory of an upstream NFS server'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from help" -f -a "list" -d 'List stores'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one store. Its key, if it has one, is never shown'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from help" -f -a "key" -d 'Give a store that is a pool another key, or one that is a target other secrets. Keepers that run go on with what they have'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from help" -f -a "rm" -d 'Remove a store that has no images. Its directory, pool, volume, target or export stays as it is'
complete -c labelgate -n "__fish_labelgate_using_subcommand store; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and not __fish_seen_subcommand_from create import clone snapshot list show label follow resize clear rm help" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and not __fish_seen_subcommand_from create import clone snapshot list show label follow resize clear rm help" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and not __fish_seen_subcommand_from create import clone snapshot list show label follow resize clear rm help" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and not __fish_seen_subcommand_from create import clone snapshot list show label follow resize clear rm help" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and not __fish_seen_subcommand_from create import clone snapshot list show label follow resize clear rm help" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and not __fish_seen_subcommand_from create import clone snapshot list show label follow resize clear rm help" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and not __fish_seen_subcommand_from create import clone snapshot list show label follow resize clear rm help" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and not __fish_seen_subcommand_from create import clone snapshot list show label follow resize clear rm help" -f -a "create" -d 'Create an empty image, or take in a file that is in the store already'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and not __fish_seen_subcommand_from create import clone snapshot list show label follow resize clear rm help" -f -a "import" -d 'Make a new image of a raw or qcow2 file, or of what comes by a pipe'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and not __fish_seen_subcommand_from create import clone snapshot list show label follow resize clear rm help" -f -a "clone" -d 'Make a new image that is a copy of another one'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and not __fish_seen_subcommand_from create import clone snapshot list show label follow resize clear rm help" -f -a "snapshot" -d 'Snapshots of images in pools: what an image held at one moment'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and not __fish_seen_subcommand_from create import clone snapshot list show label follow resize clear rm help" -f -a "list" -d 'List images'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and not __fish_seen_subcommand_from create import clone snapshot list show label follow resize clear rm help" -f -a "show" -d 'Show one image'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and not __fish_seen_subcommand_from create import clone snapshot list show label follow resize clear rm help" -f -a "label" -d 'Give an image another label. Sessions of the old label end first'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and not __fish_seen_subcommand_from create import clone snapshot list show label follow resize clear rm help" -f -a "follow" -d 'Let an image follow a machine that the network tells by its level (CIPSO and the like), and that has no identity: it has the level of the machine\'s process while that runs, and is nobody\'s otherwise. Sessions on it end first. "image label" gives it a label of its own again'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and not __fish_seen_subcommand_from create import clone snapshot list show label follow resize clear rm help" -f -a "resize" -d 'Make an image larger, while it is served'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and not __fish_seen_subcommand_from create import clone snapshot list show label follow resize clear rm help" -f -a "clear" -d 'Serve an image again after a failed flush'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and not __fish_seen_subcommand_from create import clone snapshot list show label follow resize clear rm help" -f -a "rm" -d 'Remove an image. Its file stays, unless told otherwise'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and not __fish_seen_subcommand_from create import clone snapshot list show label follow resize clear rm help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from create" -l size -d 'Its size: bytes, or a number with K, M, G or T. The file is sparse' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from create" -l clone-of -d 'In a pool: make it a clone of this snapshot, which shares with it what is not written. The image that the snapshot is of must be none of another label\'s' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from create" -l file -d 'Where the file is below the store\'s path. [default: IMAGE.img] In a pool: its name, or NAMESPACE/NAME. [default: IMAGE in the namespace of the label]' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from create" -l block-size -d 'Bytes of a logical block: 512 or 4096' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from create" -l label -d 'Who may open it: a label such as s0:c12,c34; auto for a new one; content for a read-only image that every label may read' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from create" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from create" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from create" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from create" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from create" -l existing -d 'Take in what is in the store as it is; it must be there'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from create" -l read-only -d 'Refuse writes'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from create" -l direct -d 'Go past the page cache (O_DIRECT)'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from create" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from create" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from import" -l format -d 'What the file is. Say raw for a disk that a guest has written: it can begin like anything' -r -f -a "auto\t'What they begin like'
raw\t'The bytes of the disk'
qcow2\t'QEMU\'s format, without backing file, data file or encryption'"
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from import" -l max-size -d 'The most the disk may have: bytes, or a number with K, M, G or T. [default: what is free]' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from import" -l block-size -d 'Bytes of a logical block: 512 or 4096' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from import" -l label -d 'Who may open it: a label such as s0:c12,c34; auto for a new one; content for a read-only image that every label may read' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from import" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from import" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from import" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from import" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from import" -l read-only -d 'Refuse writes'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from import" -l direct -d 'Go past the page cache (O_DIRECT)'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from import" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from import" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from clone" -l size -d 'The new image\'s size, if it shall be larger: bytes, or a number with K, M, G or T' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from clone" -l label -d 'Who may open it: a label such as s0:c12,c34; auto for a new one; content for a read-only image that every label may read' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from clone" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from clone" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from clone" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from clone" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from clone" -l read-only -d 'Refuse writes'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from clone" -l direct -d 'Go past the page cache (O_DIRECT)'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from clone" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from clone" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from clone" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from snapshot" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from snapshot" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from snapshot" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from snapshot" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from snapshot" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from snapshot" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from snapshot" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from snapshot" -f -a "create" -d 'Make a snapshot, while the image is served'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from snapshot" -f -a "list" -d 'List the snapshots of an image'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from snapshot" -f -a "rm" -d 'Remove a snapshot that no image is a clone of'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from snapshot" -f -a "rollback" -d 'Have an image hold again what it held then. What it holds now is lost'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from snapshot" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from list" -l store -d 'Those of this store' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from list" -l label -d 'Those of this label' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from list" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from list" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from list" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from list" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from list" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from list" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from show" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from show" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from show" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from show" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from show" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from show" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from label" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from label" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from label" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from label" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from label" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from label" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from label" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from follow" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from follow" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from follow" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from follow" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from follow" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from follow" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from follow" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from resize" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from resize" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from resize" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from resize" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from resize" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from resize" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from resize" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from clear" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from clear" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from clear" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from clear" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from clear" -l image-was-checked -d 'Say that the store is sound, that what the kernel had cached of the image was dropped (dd if=FILE iflag=nocache count=0), and that the image was checked or restored'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from clear" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from clear" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from clear" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from rm" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from rm" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from rm" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from rm" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from rm" -l force -d 'Although there are sessions on it: end them'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from rm" -l delete-data -d 'Delete its file too'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from rm" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from rm" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "create" -d 'Create an empty image, or take in a file that is in the store already'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "import" -d 'Make a new image of a raw or qcow2 file, or of what comes by a pipe'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "clone" -d 'Make a new image that is a copy of another one'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "snapshot" -d 'Snapshots of images in pools: what an image held at one moment'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "list" -d 'List images'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one image'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "label" -d 'Give an image another label. Sessions of the old label end first'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "follow" -d 'Let an image follow a machine that the network tells by its level (CIPSO and the like), and that has no identity: it has the level of the machine\'s process while that runs, and is nobody\'s otherwise. Sessions on it end first. "image label" gives it a label of its own again'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "resize" -d 'Make an image larger, while it is served'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "clear" -d 'Serve an image again after a failed flush'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "rm" -d 'Remove an image. Its file stays, unless told otherwise'
complete -c labelgate -n "__fish_labelgate_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and not __fish_seen_subcommand_from add list rotate rm help" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and not __fish_seen_subcommand_from add list rotate rm help" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and not __fish_seen_subcommand_from add list rotate rm help" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and not __fish_seen_subcommand_from add list rotate rm help" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and not __fish_seen_subcommand_from add list rotate rm help" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and not __fish_seen_subcommand_from add list rotate rm help" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and not __fish_seen_subcommand_from add list rotate rm help" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and not __fish_seen_subcommand_from add list rotate rm help" -f -a "add" -d 'Add an identity, and print what to paste into QEMU, libvirt or another client'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and not __fish_seen_subcommand_from add list rotate rm help" -f -a "list" -d 'List identities. Their secrets and tokens are never listed'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and not __fish_seen_subcommand_from add list rotate rm help" -f -a "rotate" -d 'Give an identity new secrets, or a new token. Sessions that are logged in, and connections that are open, go on'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and not __fish_seen_subcommand_from add list rotate rm help" -f -a "rm" -d 'Remove an identity. Its sessions end first'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and not __fish_seen_subcommand_from add list rotate rm help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from add" -l label -d 'The label it shall be served under, or auto for a new one' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from add" -l address -d 'It is whoever connects from this address or network, instead of proving itself by CHAP' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from add" -l secret-file -d 'Take the secret, or the token, from the first line of this file, or of standard input for -, instead of having one made' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from add" -l reverse-secret-file -d 'Take the gateway\'s own secret from the first line of this file instead of having one made' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from add" -l write-secret -d 'Write the secret, or the token, to this new file, which only its owner can read, and do not show it. It has no line end, as QEMU and virsh want it. The gateway\'s own goes to FILE.reverse' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from add" -l vm -d 'The UUID of the VM it belongs to' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from add" -l image -d 'The image the snippets are for. [default: the images of its label]' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from add" -l portal -d 'What the snippets call the gateway: HOST:PORT, of which NFS clients are told the host alone. [default: where it listens]' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from add" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from add" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from add" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from add" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from add" -l token -d 'It proves itself by a token, as NFS clients do: nfs://GATEWAY/TOKEN/IMAGE. --secret-file and --write-secret are for the token then'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from add" -l mutual -d 'Let the gateway prove itself too, with a second secret'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from add" -l short -d 'Make secrets of 16 characters, the most that Microsoft\'s initiator takes'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from add" -l needs-lease -d 'Admit it only while there is a lease on its label'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from add" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from add" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from list" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from list" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from list" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from list" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from list" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from list" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from rotate" -l secret-file -d 'Take the secret, or the token, from the first line of this file, or of standard input for -, instead of having one made' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from rotate" -l reverse-secret-file -d 'Take the gateway\'s own secret from the first line of this file instead of having one made' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from rotate" -l write-secret -d 'Write the secret, or the token, to this new file, which only its owner can read, and do not show it. It has no line end, as QEMU and virsh want it. The gateway\'s own goes to FILE.reverse' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from rotate" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from rotate" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from rotate" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from rotate" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from rotate" -l mutual -d 'Let the gateway prove itself too, from now on. Not for tokens'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from rotate" -l short -d 'Make secrets of 16 characters, the most that Microsoft\'s initiator takes'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from rotate" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from rotate" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from rotate" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from rm" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from rm" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from rm" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from rm" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from rm" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from rm" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add an identity, and print what to paste into QEMU, libvirt or another client'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from help" -f -a "list" -d 'List identities. Their secrets and tokens are never listed'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from help" -f -a "rotate" -d 'Give an identity new secrets, or a new token. Sessions that are logged in, and connections that are open, go on'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from help" -f -a "rm" -d 'Remove an identity. Its sessions end first'
complete -c labelgate -n "__fish_labelgate_using_subcommand identity; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and not __fish_seen_subcommand_from add grant revoke list rm help" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and not __fish_seen_subcommand_from add grant revoke list rm help" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and not __fish_seen_subcommand_from add grant revoke list rm help" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and not __fish_seen_subcommand_from add grant revoke list rm help" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and not __fish_seen_subcommand_from add grant revoke list rm help" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and not __fish_seen_subcommand_from add grant revoke list rm help" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and not __fish_seen_subcommand_from add grant revoke list rm help" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and not __fish_seen_subcommand_from add grant revoke list rm help" -f -a "add" -d 'Make a label a group label'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and not __fish_seen_subcommand_from add grant revoke list rm help" -f -a "grant" -d 'Let an identity open the images of a group label, besides those of its own'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and not __fish_seen_subcommand_from add grant revoke list rm help" -f -a "revoke" -d 'Take that away again. Its sessions on those images end first'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and not __fish_seen_subcommand_from add grant revoke list rm help" -f -a "list" -d 'List group labels with their members'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and not __fish_seen_subcommand_from add grant revoke list rm help" -f -a "rm" -d 'Make a group label an ordinary one. Sessions of its members on its images end first'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and not __fish_seen_subcommand_from add grant revoke list rm help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from add" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from add" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from add" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from add" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from add" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from add" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from grant" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from grant" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from grant" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from grant" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from grant" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from grant" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from grant" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from revoke" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from revoke" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from revoke" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from revoke" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from revoke" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from revoke" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from revoke" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from list" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from list" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from list" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from list" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from list" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from list" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from rm" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from rm" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from rm" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from rm" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from rm" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from rm" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from help" -f -a "add" -d 'Make a label a group label'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from help" -f -a "grant" -d 'Let an identity open the images of a group label, besides those of its own'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from help" -f -a "revoke" -d 'Take that away again. Its sessions on those images end first'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from help" -f -a "list" -d 'List group labels with their members'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from help" -f -a "rm" -d 'Make a group label an ordinary one. Sessions of its members on its images end first'
complete -c labelgate -n "__fish_labelgate_using_subcommand group; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and not __fish_seen_subcommand_from allocate list release help" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and not __fish_seen_subcommand_from allocate list release help" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and not __fish_seen_subcommand_from allocate list release help" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and not __fish_seen_subcommand_from allocate list release help" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and not __fish_seen_subcommand_from allocate list release help" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and not __fish_seen_subcommand_from allocate list release help" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and not __fish_seen_subcommand_from allocate list release help" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and not __fish_seen_subcommand_from allocate list release help" -f -a "allocate" -d 'Allocate a level that no other has: two categories'
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and not __fish_seen_subcommand_from allocate list release help" -f -a "list" -d 'List levels that are allocated'
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and not __fish_seen_subcommand_from allocate list release help" -f -a "release" -d 'Release a level that nothing uses'
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and not __fish_seen_subcommand_from allocate list release help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and __fish_seen_subcommand_from allocate" -l for -d 'Whose it shall be: a VM\'s name, for example' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and __fish_seen_subcommand_from allocate" -l categories -d 'Take the categories from this range, such as 0-511' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and __fish_seen_subcommand_from allocate" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and __fish_seen_subcommand_from allocate" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and __fish_seen_subcommand_from allocate" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and __fish_seen_subcommand_from allocate" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and __fish_seen_subcommand_from allocate" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and __fish_seen_subcommand_from allocate" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and __fish_seen_subcommand_from allocate" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and __fish_seen_subcommand_from list" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and __fish_seen_subcommand_from list" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and __fish_seen_subcommand_from list" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and __fish_seen_subcommand_from list" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and __fish_seen_subcommand_from list" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and __fish_seen_subcommand_from list" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and __fish_seen_subcommand_from release" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and __fish_seen_subcommand_from release" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and __fish_seen_subcommand_from release" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and __fish_seen_subcommand_from release" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and __fish_seen_subcommand_from release" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and __fish_seen_subcommand_from release" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and __fish_seen_subcommand_from release" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and __fish_seen_subcommand_from help" -f -a "allocate" -d 'Allocate a level that no other has: two categories'
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and __fish_seen_subcommand_from help" -f -a "list" -d 'List levels that are allocated'
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and __fish_seen_subcommand_from help" -f -a "release" -d 'Release a level that nothing uses'
complete -c labelgate -n "__fish_labelgate_using_subcommand level; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and not __fish_seen_subcommand_from start list end help" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and not __fish_seen_subcommand_from start list end help" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and not __fish_seen_subcommand_from start list end help" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and not __fish_seen_subcommand_from start list end help" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and not __fish_seen_subcommand_from start list end help" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and not __fish_seen_subcommand_from start list end help" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and not __fish_seen_subcommand_from start list end help" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and not __fish_seen_subcommand_from start list end help" -f -a "start" -d 'Start a lease. During a live migration the VM has one on each of the two hosts'
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and not __fish_seen_subcommand_from start list end help" -f -a "list" -d 'List leases'
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and not __fish_seen_subcommand_from start list end help" -f -a "end" -d 'End a lease. The sessions it admitted end first'
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and not __fish_seen_subcommand_from start list end help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from start" -l vm -d 'The VM\'s UUID' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from start" -l host -d 'The host it runs on' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from start" -l label -d 'The label' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from start" -l address -d 'The only address its connections may come from. [default: any of the host\'s]' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from start" -l ends -d 'When it ends by itself: 2026-11-30T12:00:00Z. [default: not]' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from start" -l for -d 'How long it lasts: 90m, 12h, 7d. [default: until it is ended]' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from start" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from start" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from start" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from start" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from start" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from start" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from start" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from list" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from list" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from list" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from list" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from list" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from list" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from end" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from end" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from end" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from end" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from end" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from end" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from end" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from help" -f -a "start" -d 'Start a lease. During a live migration the VM has one on each of the two hosts'
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from help" -f -a "list" -d 'List leases'
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from help" -f -a "end" -d 'End a lease. The sessions it admitted end first'
complete -c labelgate -n "__fish_labelgate_using_subcommand lease; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and not __fish_seen_subcommand_from add list show rm addresses grant revoke renew help" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and not __fish_seen_subcommand_from add list show rm addresses grant revoke renew help" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and not __fish_seen_subcommand_from add list show rm addresses grant revoke renew help" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and not __fish_seen_subcommand_from add list show rm addresses grant revoke renew help" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and not __fish_seen_subcommand_from add list show rm addresses grant revoke renew help" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and not __fish_seen_subcommand_from add list show rm addresses grant revoke renew help" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and not __fish_seen_subcommand_from add list show rm addresses grant revoke renew help" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and not __fish_seen_subcommand_from add list show rm addresses grant revoke renew help" -f -a "add" -d 'Let a host ask over the network, and issue its certificate'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and not __fish_seen_subcommand_from add list show rm addresses grant revoke renew help" -f -a "list" -d 'List hosts'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and not __fish_seen_subcommand_from add list show rm addresses grant revoke renew help" -f -a "show" -d 'Show a host, with the machines that it may start'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and not __fish_seen_subcommand_from add list show rm addresses grant revoke renew help" -f -a "rm" -d 'Take that away again. Its connections end at once; its leases stay'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and not __fish_seen_subcommand_from add list show rm addresses grant revoke renew help" -f -a "addresses" -d 'Say from which addresses a hypervisor\'s machines connect, instead of those before. Sessions from others end at once'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and not __fish_seen_subcommand_from add list show rm addresses grant revoke renew help" -f -a "grant" -d 'Let a hypervisor start a machine'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and not __fish_seen_subcommand_from add list show rm addresses grant revoke renew help" -f -a "revoke" -d 'Take that away again. A lease that it has of the machine stays'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and not __fish_seen_subcommand_from add list show rm addresses grant revoke renew help" -f -a "renew" -d 'Issue another certificate. The one before is good for nothing from then on'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and not __fish_seen_subcommand_from add list show rm addresses grant revoke renew help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from add" -l role -d 'What it may do' -r -f -a "admin\t'Everything but backup and restore'
hypervisor\t'Start and stop the machines that it may run, and see its own leases'
monitor\t'Look'"
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from add" -l machine -d 'A machine that a hypervisor may start, by its UUID. More can be granted later' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from add" -l address -d 'An address that a hypervisor\'s QEMU connects from; repeat it for each. What runs there is let in from nowhere else' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from add" -l write -d 'Make the host\'s key here, and write it with its certificate and that of the gateway\'s authority into this directory: key.pem, certificate.pem and authority.pem, which only their owner can read. Nothing is overwritten' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from add" -l request -d 'Take what asks for a certificate (PKCS #10, in PEM) from this file, or from standard input for -, and print the certificate, and after it that of the gateway\'s authority' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from add" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from add" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from add" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from add" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from add" -l any-machine -d 'A hypervisor may start any machine'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from add" -l any-address -d 'They may connect from any address, as behind a router that hides them. What runs there is let in from everywhere'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from add" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from add" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from list" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from list" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from list" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from list" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from list" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from list" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from show" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from show" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from show" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from show" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from show" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from show" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from rm" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from rm" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from rm" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from rm" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from rm" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from rm" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from addresses" -l address -d 'An address that a hypervisor\'s QEMU connects from; repeat it for each. What runs there is let in from nowhere else' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from addresses" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from addresses" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from addresses" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from addresses" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from addresses" -l any-address -d 'They may connect from any address, as behind a router that hides them. What runs there is let in from everywhere'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from addresses" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from addresses" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from addresses" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from grant" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from grant" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from grant" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from grant" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from grant" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from grant" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from grant" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from revoke" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from revoke" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from revoke" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from revoke" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from revoke" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from revoke" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from revoke" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from renew" -l write -d 'Make the host\'s key here, and write it with its certificate and that of the gateway\'s authority into this directory: key.pem, certificate.pem and authority.pem, which only their owner can read. Nothing is overwritten' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from renew" -l request -d 'Take what asks for a certificate (PKCS #10, in PEM) from this file, or from standard input for -, and print the certificate, and after it that of the gateway\'s authority' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from renew" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from renew" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from renew" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from renew" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from renew" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from renew" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from renew" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "add" -d 'Let a host ask over the network, and issue its certificate'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "list" -d 'List hosts'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show a host, with the machines that it may start'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "rm" -d 'Take that away again. Its connections end at once; its leases stay'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "addresses" -d 'Say from which addresses a hypervisor\'s machines connect, instead of those before. Sessions from others end at once'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "grant" -d 'Let a hypervisor start a machine'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "revoke" -d 'Take that away again. A lease that it has of the machine stays'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "renew" -d 'Issue another certificate. The one before is good for nothing from then on'
complete -c labelgate -n "__fish_labelgate_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c labelgate -n "__fish_labelgate_using_subcommand worker; and not __fish_seen_subcommand_from list kill help" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand worker; and not __fish_seen_subcommand_from list kill help" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand worker; and not __fish_seen_subcommand_from list kill help" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand worker; and not __fish_seen_subcommand_from list kill help" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand worker; and not __fish_seen_subcommand_from list kill help" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand worker; and not __fish_seen_subcommand_from list kill help" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand worker; and not __fish_seen_subcommand_from list kill help" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand worker; and not __fish_seen_subcommand_from list kill help" -f -a "list" -d 'List workers'
complete -c labelgate -n "__fish_labelgate_using_subcommand worker; and not __fish_seen_subcommand_from list kill help" -f -a "kill" -d 'Kill a worker. Its clients connect again, to a new one'
complete -c labelgate -n "__fish_labelgate_using_subcommand worker; and not __fish_seen_subcommand_from list kill help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c labelgate -n "__fish_labelgate_using_subcommand worker; and __fish_seen_subcommand_from list" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand worker; and __fish_seen_subcommand_from list" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand worker; and __fish_seen_subcommand_from list" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand worker; and __fish_seen_subcommand_from list" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand worker; and __fish_seen_subcommand_from list" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand worker; and __fish_seen_subcommand_from list" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand worker; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand worker; and __fish_seen_subcommand_from kill" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand worker; and __fish_seen_subcommand_from kill" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand worker; and __fish_seen_subcommand_from kill" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand worker; and __fish_seen_subcommand_from kill" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand worker; and __fish_seen_subcommand_from kill" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand worker; and __fish_seen_subcommand_from kill" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand worker; and __fish_seen_subcommand_from kill" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand worker; and __fish_seen_subcommand_from help" -f -a "list" -d 'List workers'
complete -c labelgate -n "__fish_labelgate_using_subcommand worker; and __fish_seen_subcommand_from help" -f -a "kill" -d 'Kill a worker. Its clients connect again, to a new one'
complete -c labelgate -n "__fish_labelgate_using_subcommand worker; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and not __fish_seen_subcommand_from tail verify help" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and not __fish_seen_subcommand_from tail verify help" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and not __fish_seen_subcommand_from tail verify help" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and not __fish_seen_subcommand_from tail verify help" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and not __fish_seen_subcommand_from tail verify help" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and not __fish_seen_subcommand_from tail verify help" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and not __fish_seen_subcommand_from tail verify help" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and not __fish_seen_subcommand_from tail verify help" -f -a "tail" -d 'Show the last records'
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and not __fish_seen_subcommand_from tail verify help" -f -a "verify" -d 'Check the hash chain of the trail. A broken one gives exit status 65'
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and not __fish_seen_subcommand_from tail verify help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and __fish_seen_subcommand_from tail" -s n -l lines -d 'How many' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and __fish_seen_subcommand_from tail" -l after -d 'Those after the record with this number instead' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and __fish_seen_subcommand_from tail" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and __fish_seen_subcommand_from tail" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and __fish_seen_subcommand_from tail" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and __fish_seen_subcommand_from tail" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and __fish_seen_subcommand_from tail" -s f -l follow -d 'Go on with those that are to come, until ^C'
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and __fish_seen_subcommand_from tail" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and __fish_seen_subcommand_from tail" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and __fish_seen_subcommand_from tail" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and __fish_seen_subcommand_from verify" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and __fish_seen_subcommand_from verify" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and __fish_seen_subcommand_from verify" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and __fish_seen_subcommand_from verify" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and __fish_seen_subcommand_from verify" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and __fish_seen_subcommand_from verify" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "tail" -d 'Show the last records'
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Check the hash chain of the trail. A broken one gives exit status 65'
complete -c labelgate -n "__fish_labelgate_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c labelgate -n "__fish_labelgate_using_subcommand reload" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand reload" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand reload" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand reload" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand reload" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand reload" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand reload" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand backup" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand backup" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand backup" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand backup" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand backup" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand backup" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand backup" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand restore" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand restore" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand restore" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand restore" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand restore" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand restore" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand restore" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand metrics" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand metrics" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand metrics" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand metrics" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand metrics" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand metrics" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand metrics" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand completions" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand completions" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand completions" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand completions" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand completions" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand completions" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand completions" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand generate; and not __fish_seen_subcommand_from man completions help" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand generate; and not __fish_seen_subcommand_from man completions help" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand generate; and not __fish_seen_subcommand_from man completions help" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand generate; and not __fish_seen_subcommand_from man completions help" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand generate; and not __fish_seen_subcommand_from man completions help" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand generate; and not __fish_seen_subcommand_from man completions help" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand generate; and not __fish_seen_subcommand_from man completions help" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand generate; and not __fish_seen_subcommand_from man completions help" -f -a "man" -d 'Write a man page for each command into a directory'
complete -c labelgate -n "__fish_labelgate_using_subcommand generate; and not __fish_seen_subcommand_from man completions help" -f -a "completions" -d 'Write completions for bash, zsh and fish into a directory'
complete -c labelgate -n "__fish_labelgate_using_subcommand generate; and not __fish_seen_subcommand_from man completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c labelgate -n "__fish_labelgate_using_subcommand generate; and __fish_seen_subcommand_from man" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand generate; and __fish_seen_subcommand_from man" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand generate; and __fish_seen_subcommand_from man" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand generate; and __fish_seen_subcommand_from man" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand generate; and __fish_seen_subcommand_from man" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand generate; and __fish_seen_subcommand_from man" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand generate; and __fish_seen_subcommand_from man" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand generate; and __fish_seen_subcommand_from completions" -l timeout -d 'How long to wait for an answer, in seconds' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand generate; and __fish_seen_subcommand_from completions" -l socket -d 'The gateway\'s admin socket' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand generate; and __fish_seen_subcommand_from completions" -l remote -d 'Ask a gateway over the network: https://HOST:9261. This host has to be one that it knows (labelgate host add)' -r
complete -c labelgate -n "__fish_labelgate_using_subcommand generate; and __fish_seen_subcommand_from completions" -l credentials -d 'With --remote: the directory with key.pem, certificate.pem and authority.pem' -r -F
complete -c labelgate -n "__fish_labelgate_using_subcommand generate; and __fish_seen_subcommand_from completions" -l json -d 'Show answers as they come from the gateway, in JSON'
complete -c labelgate -n "__fish_labelgate_using_subcommand generate; and __fish_seen_subcommand_from completions" -s y -l yes -d 'Do not ask before something is ended or removed. Without a terminal nothing is asked'
complete -c labelgate -n "__fish_labelgate_using_subcommand generate; and __fish_seen_subcommand_from completions" -s h -l help -d 'Print help'
complete -c labelgate -n "__fish_labelgate_using_subcommand generate; and __fish_seen_subcommand_from help" -f -a "man" -d 'Write a man page for each command into a directory'
complete -c labelgate -n "__fish_labelgate_using_subcommand generate; and __fish_seen_subcommand_from help" -f -a "completions" -d 'Write completions for bash, zsh and fish into a directory'
complete -c labelgate -n "__fish_labelgate_using_subcommand generate; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and not __fish_seen_subcommand_from status store image identity group level lease host worker audit reload backup restore metrics completions generate help" -f -a "status" -d 'Show the gateway as a whole'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and not __fish_seen_subcommand_from status store image identity group level lease host worker audit reload backup restore metrics completions generate help" -f -a "store" -d 'Stores: the directories that hold images'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and not __fish_seen_subcommand_from status store image identity group level lease host worker audit reload backup restore metrics completions generate help" -f -a "image" -d 'Images: virtual disks'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and not __fish_seen_subcommand_from status store image identity group level lease host worker audit reload backup restore metrics completions generate help" -f -a "identity" -d 'Identities: how connections prove who they are'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and not __fish_seen_subcommand_from status store image identity group level lease host worker audit reload backup restore metrics completions generate help" -f -a "group" -d 'Group labels: the labels of disks that several VMs share'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and not __fish_seen_subcommand_from status store image identity group level lease host worker audit reload backup restore metrics completions generate help" -f -a "level" -d 'Levels: labels that were given to somebody'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and not __fish_seen_subcommand_from status store image identity group level lease host worker audit reload backup restore metrics completions generate help" -f -a "lease" -d 'Leases: the binding of a VM on a host to a label'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and not __fish_seen_subcommand_from status store image identity group level lease host worker audit reload backup restore metrics completions generate help" -f -a "host" -d 'Hosts: who may ask over the network'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and not __fish_seen_subcommand_from status store image identity group level lease host worker audit reload backup restore metrics completions generate help" -f -a "worker" -d 'Workers: the confined processes that serve, one per label'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and not __fish_seen_subcommand_from status store image identity group level lease host worker audit reload backup restore metrics completions generate help" -f -a "audit" -d 'The audit trail'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and not __fish_seen_subcommand_from status store image identity group level lease host worker audit reload backup restore metrics completions generate help" -f -a "reload" -d 'Read the configuration file again'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and not __fish_seen_subcommand_from status store image identity group level lease host worker audit reload backup restore metrics completions generate help" -f -a "backup" -d 'Write a backup of the registry to a file. It holds every secret'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and not __fish_seen_subcommand_from status store image identity group level lease host worker audit reload backup restore metrics completions generate help" -f -a "restore" -d 'Replace the registry by that of a backup'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and not __fish_seen_subcommand_from status store image identity group level lease host worker audit reload backup restore metrics completions generate help" -f -a "metrics" -d 'Show the metrics, in Prometheus\' text format'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and not __fish_seen_subcommand_from status store image identity group level lease host worker audit reload backup restore metrics completions generate help" -f -a "completions" -d 'Print the completions for a shell'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and not __fish_seen_subcommand_from status store image identity group level lease host worker audit reload backup restore metrics completions generate help" -f -a "generate" -d 'Write man pages or completions, for packages'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and not __fish_seen_subcommand_from status store image identity group level lease host worker audit reload backup restore metrics completions generate help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from store" -f -a "add" -d 'Add a directory as a store, a pool of a Ceph cluster, a volume of Gluster\'s, an upstream iSCSI target, or a directory of an upstream NFS server'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from store" -f -a "list" -d 'List stores'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from store" -f -a "show" -d 'Show one store. Its key, if it has one, is never shown'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from store" -f -a "key" -d 'Give a store that is a pool another key, or one that is a target other secrets. Keepers that run go on with what they have'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from store" -f -a "rm" -d 'Remove a store that has no images. Its directory, pool, volume, target or export stays as it is'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "create" -d 'Create an empty image, or take in a file that is in the store already'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "import" -d 'Make a new image of a raw or qcow2 file, or of what comes by a pipe'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "clone" -d 'Make a new image that is a copy of another one'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "snapshot" -d 'Snapshots of images in pools: what an image held at one moment'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "list" -d 'List images'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "show" -d 'Show one image'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "label" -d 'Give an image another label. Sessions of the old label end first'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "follow" -d 'Let an image follow a machine that the network tells by its level (CIPSO and the like), and that has no identity: it has the level of the machine\'s process while that runs, and is nobody\'s otherwise. Sessions on it end first. "image label" gives it a label of its own again'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "resize" -d 'Make an image larger, while it is served'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "clear" -d 'Serve an image again after a failed flush'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "rm" -d 'Remove an image. Its file stays, unless told otherwise'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from identity" -f -a "add" -d 'Add an identity, and print what to paste into QEMU, libvirt or another client'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from identity" -f -a "list" -d 'List identities. Their secrets and tokens are never listed'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from identity" -f -a "rotate" -d 'Give an identity new secrets, or a new token. Sessions that are logged in, and connections that are open, go on'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from identity" -f -a "rm" -d 'Remove an identity. Its sessions end first'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from group" -f -a "add" -d 'Make a label a group label'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from group" -f -a "grant" -d 'Let an identity open the images of a group label, besides those of its own'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from group" -f -a "revoke" -d 'Take that away again. Its sessions on those images end first'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from group" -f -a "list" -d 'List group labels with their members'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from group" -f -a "rm" -d 'Make a group label an ordinary one. Sessions of its members on its images end first'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from level" -f -a "allocate" -d 'Allocate a level that no other has: two categories'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from level" -f -a "list" -d 'List levels that are allocated'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from level" -f -a "release" -d 'Release a level that nothing uses'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from lease" -f -a "start" -d 'Start a lease. During a live migration the VM has one on each of the two hosts'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from lease" -f -a "list" -d 'List leases'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from lease" -f -a "end" -d 'End a lease. The sessions it admitted end first'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from host" -f -a "add" -d 'Let a host ask over the network, and issue its certificate'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from host" -f -a "list" -d 'List hosts'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from host" -f -a "show" -d 'Show a host, with the machines that it may start'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from host" -f -a "rm" -d 'Take that away again. Its connections end at once; its leases stay'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from host" -f -a "addresses" -d 'Say from which addresses a hypervisor\'s machines connect, instead of those before. Sessions from others end at once'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from host" -f -a "grant" -d 'Let a hypervisor start a machine'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from host" -f -a "revoke" -d 'Take that away again. A lease that it has of the machine stays'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from host" -f -a "renew" -d 'Issue another certificate. The one before is good for nothing from then on'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from worker" -f -a "list" -d 'List workers'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from worker" -f -a "kill" -d 'Kill a worker. Its clients connect again, to a new one'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "tail" -d 'Show the last records'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "verify" -d 'Check the hash chain of the trail. A broken one gives exit status 65'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from generate" -f -a "man" -d 'Write a man page for each command into a directory'
complete -c labelgate -n "__fish_labelgate_using_subcommand help; and __fish_seen_subcommand_from generate" -f -a "completions" -d 'Write completions for bash, zsh and fish into a directory'
