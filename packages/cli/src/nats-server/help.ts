/** The help of `wirehub nats-server`. */
export const natsServerHelp = `Examples:
  wirehub nats-server                        listens on 0.0.0.0:4222, as nats-server does
  wirehub nats-server -a 127.0.0.1 -p -1     any free port of this machine
  wirehub nats-server -c server.conf -D      a configuration in nats-server's syntax, debug log
  wirehub nats-server --user a --pass b      one user

Usage: wirehub nats-server [flags of nats-server]

Server:
  -a, --addr, --net HOST     address to listen on (default 0.0.0.0)
  -p, --port PORT            port for clients (default 4222, -1: any)
  -n, --name NAME            server name
  -P, --pid FILE             file for the process id
  -m, --http_port PORT       port for monitoring (-1: any)
  -c, --config FILE          configuration
  -t                         test the configuration and end
  -sl, --signal SIGNAL=PID   stop, quit, term, reload or ldm
      --client_advertise URL address that clients are told
      --ports_file_dir DIR   folder for the file with the ports
      --max_payload BYTES, --max_connections N

Logging:  -l, --log FILE   -D, --debug   -V, --trace   -DV
Access:   --user NAME --pass WORD   --auth TOKEN
TLS:      --tls --tlscert FILE --tlskey FILE --tlscacert FILE --tlsverify
Accepted, without effect here: -js, -sd, --cluster, --routes, --cluster_name, --profile, -s, -r, -T
`
