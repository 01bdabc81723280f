# Which program this is: the one whose name it was started by, through a link or a copy of that name,
# or else the first word after the command.
case ${0##*/} in
  @PATTERN@) name=${0##*/} ;;
  *)
    case ${1-} in
      @PATTERN@)
        name=$1
        shift
        ;;
      *)
        echo "maglev: start it as one of @NAMES@, or name one first: $0 @FIRST@ --version" >&2
        exit 2
        ;;
    esac
    ;;
esac
case $name in
@FLAGS@
esac
