# Arguments: unit, port. Makes the published files effective; any failure lets config_set put the old ones back.
# A script, because the choice between reload and restart belongs to the same step as the putting back.
unit=$1 port=$2

ask() {
  runuser -u postgres -- psql -XAtqw -v ON_ERROR_STOP=1 -p "$port" -d postgres -c "$1"
}

cd /
systemctl daemon-reload
# The first time, and after a failed start; otherwise it does nothing.
systemctl start "$unit"
wrong=$(ask "SELECT format('%s line %s: %s', file_name, line_number, error) FROM pg_hba_file_rules WHERE error IS NOT NULL")
if [ -n "$wrong" ]; then
  echo "$wrong" >&2
  exit 1
fi
waiting=$(ask "SELECT count(*) FROM pg_file_settings f JOIN pg_settings s USING (name)
  WHERE f.error IS NOT NULL AND s.context = 'postmaster'")
if [ "$waiting" != 0 ]; then
  systemctl restart "$unit"
  ask "SELECT" >/dev/null
else
  loaded=$(ask "SELECT pg_conf_load_time()")
  ask "SELECT pg_reload_conf()" >/dev/null
  tries=100
  while [ "$(ask "SELECT pg_conf_load_time()")" = "$loaded" ]; do
    tries=$((tries - 1))
    if [ "$tries" = 0 ]; then
      echo "the server did not read its files within 10 s" >&2
      exit 1
    fi
    sleep 0.1
  done
fi
