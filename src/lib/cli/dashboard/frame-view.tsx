import { Box, Text, type TextProps } from 'ink';
import type { Style } from '../terminal.js';
import type { Line } from './line.js';

const LOOKS: Readonly<Record<Style, TextProps>> = {
  bold: { bold: true },
  dim: { dimColor: true },
  red: { color: 'red' },
  green: { color: 'green' },
  yellow: { color: 'yellow' },
  cyan: { color: 'cyan' },
};

export interface FrameViewProps {
  /** The lines of the whole screen, cut to its width. */
  readonly lines: readonly Line[];
  readonly isColored: boolean;
}

/** The dashboard as an Ink tree: a row for each line, a piece of text for each style. Only the terminal's own 16 colours. */
export function FrameView({ lines, isColored }: FrameViewProps) {
  return (
    <Box flexDirection="column">
      {lines.map((segments, row) => (
        <Text key={row} wrap="truncate-end">
          {segments.length === 0 ? ' ' : null}
          {segments.map(({ text, style }, piece) => (
            <Text key={piece} {...(style !== undefined && isColored ? LOOKS[style] : {})}>
              {text}
            </Text>
          ))}
        </Text>
      ))}
    </Box>
  );
}
