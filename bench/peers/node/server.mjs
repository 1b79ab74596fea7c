// Server-sent events in plain Node, as tutorials show it: a set of responses, and a write to each of them.
// GET subscribes, POST publishes its body, POST /discard only reads it.
import { createServer } from 'node:http';

const subscribers = new Set();

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
    response.write(': connected\n\n');
    subscribers.add(response);
    request.on('close', () => subscribers.delete(response));
    return;
  }
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (part) => { body += part; });
  request.on('end', () => {
    if (request.url !== '/discard') {
      const frame = `data: ${body}\n\n`;
      for (const subscriber of subscribers) subscriber.write(frame);
    }
    response.writeHead(204).end();
  });
});

server.requestTimeout = 0;
server.keepAliveTimeout = 0;
server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 });
