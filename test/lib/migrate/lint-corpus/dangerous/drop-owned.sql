drop owned by former_clerk;
