module sse-server-client

go 1.19
